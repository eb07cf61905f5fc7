package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the report says of one experiment.
 *
 * @param name   of the experiment.
 * @param view   how it is shown.
 * @param lines  what its plots draw, in the order of their styles.
 * @param groups of rows that belong into one table, and one plot.
 */
record Section(String name, View view, List<String> lines, List<Group> groups) {
    /**
     * Rows with the same values of the settings that the experiment is grouped by.
     *
     * @param title of the group; empty where there is only one.
     * @param rows  at least one.
     * @param table of all of them.
     */
    record Group(String title, List<Row> rows, Table table) {}

    /** The product first, whose rows the others are compared with; then in the order in which they were measured. */
    private static final String PRODUCT = Roles.TENSORPOOL;

    /** What is varied comes before what follows from it. */
    private static final Comparator<String> SETTINGS = Comparator.<String, Boolean>comparing(
                    name -> !name.equals("streams"))
            .thenComparing(name -> name);

    private static final List<String> WORKS = List.of("untouched", "touched", "copied");

    /** One section for each experiment. */
    static List<Section> of(final List<Row> rows) {
        final Map<String, List<Row>> byExperiment = new LinkedHashMap<>();
        rows.stream()
                .sorted(Comparator.comparingInt(row -> View.rank(row.experiment())))
                .forEach(row -> byExperiment
                        .computeIfAbsent(row.experiment(), name -> new ArrayList<>())
                        .add(row));
        final List<String> subjects = new ArrayList<>(new LinkedHashSet<>(
                rows.stream().map(Row::subject).sorted(productFirst()).toList()));
        final List<Section> sections = new ArrayList<>();
        byExperiment.forEach((name, own) -> sections.add(of(name, own, subjects)));
        return sections;
    }

    private static Comparator<String> productFirst() {
        return Comparator.comparing(subject -> !subject.equals(PRODUCT));
    }

    private static Section of(final String name, final List<Row> rows, final List<String> subjects) {
        final View view = View.of(name);
        final List<Row> sorted = new ArrayList<>(rows);
        sorted.sort(Comparator.comparing(Row::settings, Section::compareSettings)
                .thenComparingInt(row -> subjects.indexOf(row.subject())));
        final Map<List<String>, List<Row>> groups = new LinkedHashMap<>();
        sorted.forEach(row -> groups.computeIfAbsent(groupOf(view, row), key -> new ArrayList<>())
                .add(row));
        final List<Group> made = new ArrayList<>();
        groups.forEach((values, own) -> made.add(new Group(String.join(", ", values), own, table(view, own))));
        final LinkedHashSet<String> lines = new LinkedHashSet<>();
        if (view.variantBy().isEmpty()) {
            lines.addAll(subjects); // the same style in each section
        } else {
            sorted.forEach(row -> lines.add(view.lineOf(row)));
        }
        return new Section(name, view, List.copyOf(lines), made);
    }

    /** Numbers by value, works by how much they do, anything else by its text. */
    private static int compareSettings(final SortedMap<String, String> left, final SortedMap<String, String> right) {
        final TreeSet<String> names = new TreeSet<>(SETTINGS);
        names.addAll(left.keySet());
        names.addAll(right.keySet());
        for (final String name : names) {
            final String leftValue = left.getOrDefault(name, "");
            final String rightValue = right.getOrDefault(name, "");
            final double leftNumber = numberOf(name, leftValue);
            final double rightNumber = numberOf(name, rightValue);
            final int order = Double.isNaN(leftNumber) || Double.isNaN(rightNumber)
                    ? leftValue.compareTo(rightValue)
                    : Double.compare(leftNumber, rightNumber);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static double numberOf(final String name, final String value) {
        return name.equals("work") && WORKS.contains(value) ? WORKS.indexOf(value) : Figures.number(value);
    }

    private static List<String> groupOf(final View view, final Row row) {
        final List<String> values = new ArrayList<>();
        for (final String setting : view.groupBy()) {
            final String value = row.settings().get(setting);
            if (value != null) {
                values.add(
                        switch (setting) {
                            case "work" -> "payload " + value;
                            case "flow" -> value + " flow";
                            case "rate_hz" -> Figures.number(Figures.number(value)) + " frames/s";
                            default -> value;
                        });
            }
        }
        return values;
    }

    private static Table table(final View view, final List<Row> rows) {
        final TreeSet<String> names = new TreeSet<>(SETTINGS);
        rows.forEach(row -> names.addAll(row.settings().keySet()));
        final List<String> settings = new ArrayList<>(names);
        settings.removeAll(view.groupBy());
        final List<String> figures = view.figuresOf(rows);
        final Map<SortedMap<String, String>, Row> products = new TreeMap<>(Section::compareSettings);
        rows.stream().filter(row -> row.subject().equals(PRODUCT)).forEach(row -> products.put(row.settings(), row));
        final boolean isCompared =
                rows.stream().anyMatch(row -> !row.subject().equals(PRODUCT) && products.containsKey(row.settings()));
        final List<String> columns = new ArrayList<>();
        settings.forEach(setting -> columns.add(Figures.label(setting)));
        columns.add("subject");
        figures.forEach(figure -> columns.add(Figures.label(figure)));
        if (isCompared) {
            columns.add(Figures.label(view.main()) + " : " + PRODUCT + "'s");
        }
        columns.add("runs");
        final List<List<Table.Cell>> cells = new ArrayList<>();
        for (final Row row : rows) {
            final List<Table.Cell> line = new ArrayList<>();
            settings.forEach(setting -> line.add(
                    Table.Cell.of(Figures.setting(setting, row.settings().getOrDefault(setting, Figures.NONE)))));
            line.add(Table.Cell.of(row.subject()));
            figures.forEach(figure -> line.add(cell(row, figure)));
            if (isCompared) {
                line.add(Table.Cell.of(ratio(row, products.get(row.settings()), view.main())));
            }
            line.add(Table.Cell.of(Integer.toString(row.runs().size())));
            cells.add(line);
        }
        return new Table(columns, settings.size() + 1, cells);
    }

    private static Table.Cell cell(final Row row, final String figure) {
        final double min = row.min(figure);
        final double max = row.max(figure);
        final String range = min < max ? Figures.number(min) + '–' + Figures.number(max) : "";
        return new Table.Cell(Figures.number(row.median(figure)), range);
    }

    private static String ratio(final Row row, final @Nullable Row product, final String main) {
        if (product == null || row.subject().equals(PRODUCT)) {
            return Figures.NONE;
        }
        final double ratio = row.median(main) / product.median(main);
        return Double.isFinite(ratio) ? "×" + Figures.number(ratio) : Figures.NONE;
    }

    /** Which style a line has, the same wherever the line is drawn in this section. */
    int styleOf(final String line) {
        return lines.indexOf(line);
    }
}
