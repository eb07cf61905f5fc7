package io.tensorpool.bench;

import java.util.List;

/**
 * Rows in columns, for the terminal and for the page.
 *
 * @param columns names of the columns.
 * @param labels  how many columns at the left are labels; the others are figures.
 * @param rows    as many cells each as there are columns.
 */
record Table(List<String> columns, int labels, List<List<Cell>> rows) {
    /**
     * A value.
     *
     * @param text  to be shown.
     * @param range smallest and largest value beside it; empty for none.
     */
    record Cell(String text, String range) {
        static Cell of(final String text) {
            return new Cell(text, "");
        }
    }
}
