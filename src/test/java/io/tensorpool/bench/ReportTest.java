package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tensorpool.support.Json;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ReportTest {
    private static final Report REPORT = ReportSample.report();

    @Test
    void shouldPrintMediansWithTheirRangesAndComparisons() {
        final String text = TextReport.of(ReportSample.report(List.of(
                ReportSample.row("copy", "memcpy", Map.of("size_bytes", 655_360), Map.of("gib_per_s", 20.0)),
                ReportSample.row("copy", "tensorpool", Map.of("size_bytes", 655_360), Map.of("gib_per_s", 25.0)))));

        assertThat(text).isEqualTo("""
                        Begin                        2026-11-20T14:00:00Z
                        Duration                     1 min 35 s
                        Processor                    2 × AMD EPYC, virtual machine
                        Memory                       23.54 GiB
                        Kernel                       Linux 6.18
                        JDK                          Adoptium 25+36
                        Huge pages of shared memory  never
                        Frequency governor           unknown
                        Load                         0.25, 0.50, 1.00 before, 1.75, 1.00, 1.00 after (1, 5 and 15 minutes)

                        Noise
                        when               watched, s  gaps/s  p99, µs  longest, µs  time lost, %
                        before throughput           1       3     12.5           40        0.0100
                        after cold-start            1       4       14        1,201        0.0200

                        Copying in
                        size     subject            GiB/s  GiB/s : tensorpool's  runs
                        640 KiB  tensorpool  25 (22.5–30)                     –     5
                        640 KiB  memcpy        20 (18–24)                ×0.800     5
                        """);
    }

    @Test
    void shouldPrintATableForEachGroupOfEachExperiment() {
        assertThat(TextReport.of(REPORT))
                .contains(
                        "\nThroughput: payload untouched, controlled flow\n",
                        "\nThroughput: payload copied, controlled flow\n",
                        "\nOne-way latency: payload untouched, 1,000 frames/s\n",
                        "\nCopying in\n",
                        "\nMore consumers\n",
                        "\nMore streams\n",
                        "\nCold start\n")
                .containsSubsequence("payload untouched, controlled", "payload copied, controlled")
                .contains("8 MiB", "p99.9, µs", "producer CPU, ns/frame", "aot+warm up");
    }

    @Test
    void shouldShowExperimentsAndFiguresThatItDoesNotKnow() {
        final Report report = ReportSample.report(
                List.of(ReportSample.row("new-one", "tensorpool", Map.of("depth", 3), Map.of("wait_us", 4.0))));

        assertThat(TextReport.of(report)).contains("new-one", "depth", "wait, µs");
        assertThat(parse(HtmlReport.of(report))
                        .getElementsByTagName("h2")
                        .item(1)
                        .getTextContent())
                .isEqualTo("new-one");
    }

    @Test
    void shouldNotLetANameCommandTheTerminal() {
        final Report report = ReportSample.report(
                List.of(ReportSample.row("copy", "a\u001b[2Jb", Map.of(), Map.of("gib_per_s", 4.0))));

        assertThat(TextReport.of(report)).contains("a?[2Jb").doesNotContain("\u001b");
        assertThat(textsOf(parse(HtmlReport.of(report)), "td")).contains("a\uFFFD[2Jb");
    }

    @Test
    void shouldWriteAllThatWasMeasuredAsJson() {
        final Json json = Json.parse(JsonReport.of(REPORT));

        assertThat(json.get("suite").text()).isEqualTo("quick");
        assertThat(json.get("machine").get("processors").intValue()).isEqualTo(2);
        assertThat(json.get("noise").elements()).hasSize(2);
        assertThat(json.get("rows").elements()).hasSameSizeAs(REPORT.rows());
        final Json latency = json.get("rows").elements().stream()
                .filter(row -> row.get("experiment").text().equals("latency"))
                .findFirst()
                .orElseThrow();
        assertThat(latency.get("subject").text()).isEqualTo(ReportSample.PEER);
        assertThat(latency.get("settings").get("size_bytes").text()).isEqualTo("64");
        final Json p50 = latency.get("figures").get("p50_us");
        assertThat(p50.get("median").doubleValue()).isCloseTo(0.675, within(1e-9));
        assertThat(p50.get("min").doubleValue()).isCloseTo(0.6075, within(1e-9));
        assertThat(p50.get("runs").elements()).hasSize(5);
        assertThat(latency.get("curve").elements().getFirst().elements()).hasSize(2);
    }

    @Test
    void shouldTellTheWorstOfTheNoise() {
        assertThat(REPORT.lostPercent()).isEqualTo(0.02);
    }

    @Test
    void shouldWriteNullForWhatIsNoNumber() {
        final String json = JsonReport.of(ReportSample.report(
                List.of(ReportSample.row("copy", "tensorpool", Map.of(), Map.of("gib_per_s", Double.NaN)))));

        assertThat(json).contains("\"median\":null");
    }

    @Test
    void shouldDrawAPlotOfEachKindInAPageThatIsWellFormed() {
        final Document page = parse(HtmlReport.of(REPORT));

        final List<String> titles = new ArrayList<>();
        elements(page, "svg").stream()
                .filter(svg -> svg.hasAttribute("role"))
                .forEach(svg -> titles.add(svg.getAttribute("aria-label")));
        assertThat(titles)
                .contains(
                        "Frames per second: frames/s by size of a frame",
                        "Payload per second: GiB/s by size of a frame",
                        "p50 (solid) and p99 (dashed) by size: latency, µs by size of a frame",
                        "64 B: latency, µs by percentile",
                        "4 KiB: latency, µs by percentile",
                        "640 KiB: latency, µs by percentile",
                        "8 MiB: latency, µs by percentile",
                        "Copied per second: GiB/s by size of a frame",
                        "Processor time of the producer's thread: ns/frame by consumers",
                        "Producer: ns/frame by streams",
                        "Consumer: ns/frame by streams",
                        "Latency by number of the frame: latency, µs by number of the frame");
    }

    @Test
    void shouldDrawALineForEachSubjectInsideThePlot() {
        final Document page = parse(HtmlReport.of(REPORT));
        final Element plot = elements(page, "svg").stream()
                .filter(svg -> svg.getAttribute("aria-label").startsWith("640 KiB: latency"))
                .findFirst()
                .orElseThrow();

        final List<Element> lines = elements(plot, "path").stream()
                .filter(path -> path.getAttribute("class").equals("line"))
                .toList();
        assertThat(lines).hasSize(4);
        for (final Element line : lines) {
            for (final String point : line.getAttribute("d").substring(1).split("L", -1)) {
                final String[] xy = point.split(" ", -1);
                assertThat(Double.parseDouble(xy[0])).isBetween(58.0, 444.0);
                assertThat(Double.parseDouble(xy[1])).isBetween(30.0, 254.0);
            }
        }
        assertThat(textsOf(plot, "text")).contains("90", "99", "99.9", "99.99", "percentile", "latency, µs");
        assertThat(textsOf(plot, "title"))
                .anySatisfy(title -> assertThat(title).startsWith("tensorpool, percentile 99."));
    }

    @Test
    void shouldEscapeNamesAndUseNothingFromElsewhere() {
        final String html = HtmlReport.of(REPORT);

        assertThat(html)
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;co&quot;")
                .doesNotContainIgnoringCase("<script", "<link", "@import", "url(", "src=", "href=")
                .contains("prefers-color-scheme:dark");
        assertThat(textsOf(parse(html), "td")).contains(ReportSample.PEER);
    }

    @Test
    void shouldHaveATableBesideEachGroupOfPlots() {
        final Document page = parse(HtmlReport.of(REPORT));

        final long groups = elements(page, "div").stream()
                .filter(div -> div.getAttribute("class").equals("plots"))
                .peek(div ->
                        assertThat(((Element) next(div)).getAttribute("class")).isEqualTo("scroll"))
                .count();
        assertThat(groups).isEqualTo(7);
    }

    private static org.w3c.dom.Node next(final Element element) {
        org.w3c.dom.Node node = element.getNextSibling();
        while (!(node instanceof Element)) {
            node = node.getNextSibling();
        }
        return node;
    }

    private static Document parse(final String html) {
        try {
            final DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
            return builder.parse(new ByteArrayInputStream(html.getBytes(StandardCharsets.UTF_8)));
        } catch (final Exception ex) {
            throw new AssertionError("not well-formed", ex);
        }
    }

    private static List<String> textsOf(final Document page, final String name) {
        return textsOf(page.getDocumentElement(), name);
    }

    private static List<String> textsOf(final Element parent, final String name) {
        return elements(parent, name).stream().map(Element::getTextContent).toList();
    }

    private static List<Element> elements(final Document page, final String name) {
        return elements(page.getDocumentElement(), name);
    }

    private static List<Element> elements(final Element parent, final String name) {
        final NodeList nodes = parent.getElementsByTagName(name);
        final List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}
