package io.tensorpool.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The report as one page that needs nothing from elsewhere: no script, no file, no network. */
public final class HtmlReport {
    private final Markup out = new Markup();
    private final Report report;

    private HtmlReport(final Report report) {
        this.report = report;
    }

    /**
     * Writes the page.
     *
     * @param report what was found.
     * @return the page; well-formed XML, too.
     */
    public static String of(final Report report) {
        return new HtmlReport(report).page();
    }

    private String page() {
        final List<Section> sections = Section.of(report.rows());
        out.open("html", "lang", "en", "xmlns", "http://www.w3.org/1999/xhtml").newLine();
        out.open("head").newLine();
        out.empty("meta", "charset", "utf-8").newLine();
        out.empty("meta", "name", "viewport", "content", "width=device-width,initial-scale=1")
                .newLine();
        out.element("title", "TensorPool, " + report.suite() + " suite").newLine();
        out.style(PageStyle.sheet()).newLine();
        out.close().newLine();
        out.open("body").newLine();
        out.element("h1", "TensorPool, " + report.suite() + " suite").newLine();
        out.element(
                        "p",
                        "Figures are medians over the runs, with the smallest and the largest below them, and as bars in"
                                + " the plots. Runs of all subjects took turns. Figures of different machines cannot be"
                                + " compared; ratios within this page can.")
                .newLine();
        writeMachine();
        sections.forEach(this::writeSection);
        out.close().newLine().close().newLine();
        return "<!DOCTYPE html>\n" + out;
    }

    private void writeMachine() {
        final Map<String, String> facts = new LinkedHashMap<>(ReportFacts.of(report));
        out.open("table").open("tbody").newLine();
        facts.forEach((name, value) -> out.open("tr")
                .element("th", name, "scope", "row")
                .element("td", value)
                .close()
                .newLine());
        out.close().close().newLine();
        if (!report.noise().isEmpty()) {
            out.element("h2", "Noise").newLine();
            out.element("p", ReportFacts.NOISE_NOTE).newLine();
            writeTable(ReportFacts.noise(report.noise()));
        }
    }

    private void writeSection(final Section section) {
        final Plots plots = new Plots(section);
        out.element("h2", section.view().title()).newLine();
        if (!section.view().note().isEmpty()) {
            out.element("p", section.view().note()).newLine();
        }
        for (final Section.Group group : section.groups()) {
            if (!group.title().isEmpty()) {
                out.element("h3", group.title()).newLine();
            }
            final List<Plot> drawn = plots.of(group).stream()
                    .filter(plot -> !plot.series().isEmpty())
                    .toList();
            if (!drawn.isEmpty()) {
                writeLegend(section, drawn);
                out.open("div", "class", "plots").newLine();
                for (final Plot plot : drawn) {
                    out.open("figure");
                    new SvgPlot(out).draw(plot);
                    out.close().newLine();
                }
                out.close().newLine();
            }
            writeTable(group.table());
        }
    }

    private void writeLegend(final Section section, final List<Plot> drawn) {
        out.open("ul", "class", "legend");
        for (int style = 0; style < section.lines().size(); style++) {
            final String line = section.lines().get(style);
            if (drawn.stream()
                    .flatMap(plot -> plot.series().stream())
                    .anyMatch(series -> series.name().equals(line))) {
                out.open("li");
                new SvgPlot(out).drawSample(style);
                out.text(line).close();
            }
        }
        out.close().newLine();
    }

    private void writeTable(final Table table) {
        out.open("div", "class", "scroll").open("table").newLine().open("thead").open("tr");
        for (int column = 0; column < table.columns().size(); column++) {
            out.element("th", table.columns().get(column), "class", columnClass(table, column));
        }
        out.close().close().newLine().open("tbody").newLine();
        for (final List<Table.Cell> row : table.rows()) {
            out.open("tr");
            for (int column = 0; column < row.size(); column++) {
                final Table.Cell cell = row.get(column);
                out.open("td", "class", columnClass(table, column)).text(cell.text());
                if (!cell.range().isEmpty()) {
                    out.element("small", cell.range());
                }
                out.close();
            }
            out.close().newLine();
        }
        out.close().close().close().newLine();
    }

    private static String columnClass(final Table table, final int column) {
        return column < table.labels() ? "name" : "figure";
    }
}
