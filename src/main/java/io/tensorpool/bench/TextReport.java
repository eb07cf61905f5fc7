package io.tensorpool.bench;

import java.util.List;
import java.util.Map;

/** The report as text for a terminal. */
public final class TextReport {
    private static final String COLUMN_GAP = "  ";

    private final StringBuilder out = new StringBuilder();

    private TextReport() {}

    /**
     * Writes the tables.
     *
     * @param report what was found.
     * @return lines, each ended.
     */
    public static String of(final Report report) {
        return new TextReport().text(report);
    }

    private String text(final Report report) {
        final Map<String, String> facts = ReportFacts.of(report);
        final int width = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
        facts.forEach((name, value) -> line(pad(name, width, false) + COLUMN_GAP + value));
        if (!report.noise().isEmpty()) {
            heading("Noise", "");
            write(ReportFacts.noise(report.noise()));
        }
        for (final Section section : Section.of(report.rows())) {
            for (final Section.Group group : section.groups()) {
                heading(section.view().title(), group.title());
                write(group.table());
            }
        }
        return out.toString();
    }

    private void heading(final String title, final String detail) {
        line("");
        line(detail.isEmpty() ? title : title + ": " + detail);
    }

    private void write(final Table table) {
        final int[] widths = new int[table.columns().size()];
        for (int column = 0; column < widths.length; column++) {
            widths[column] = width(table.columns().get(column));
            for (final List<Table.Cell> row : table.rows()) {
                widths[column] = Math.max(widths[column], width(shown(row.get(column))));
            }
        }
        write(table, widths, table.columns());
        table.rows()
                .forEach(row ->
                        write(table, widths, row.stream().map(TextReport::shown).toList()));
    }

    private void write(final Table table, final int[] widths, final List<String> cells) {
        final StringBuilder row = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            row.append(column == 0 ? "" : COLUMN_GAP)
                    .append(pad(cells.get(column), widths[column], column >= table.labels()));
        }
        line(row.toString().stripTrailing());
    }

    private void line(final String text) {
        out.append(text).append('\n');
    }

    private static String shown(final Table.Cell cell) {
        return cell.range().isEmpty() ? cell.text() : cell.text() + " (" + cell.range() + ')';
    }

    private static String pad(final String text, final int width, final boolean isRight) {
        final String blanks = " ".repeat(width - width(text));
        return isRight ? blanks + printable(text) : printable(text) + blanks;
    }

    private static int width(final String text) {
        return text.codePointCount(0, text.length());
    }

    /** A peer's name must not command the terminal. */
    private static String printable(final String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
