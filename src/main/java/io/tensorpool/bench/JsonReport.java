package io.tensorpool.bench;

import java.io.StringWriter;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The report as JSON, with every run and every curve. */
public final class JsonReport {
    private static final double NS_PER_SECOND = 1e9;

    private final JsonGenerator json;

    private JsonReport(final JsonGenerator json) {
        this.json = json;
    }

    /**
     * Writes the document.
     *
     * @param report what was found.
     * @return one JSON object.
     */
    public static String of(final Report report) {
        final StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
            new JsonReport(json).write(report);
        }
        return text.toString();
    }

    private void write(final Report report) {
        json.writeStartObject();
        json.writeStringProperty("suite", report.suite());
        json.writeStringProperty("begin", report.begin().toString());
        json.writeNumberProperty("seconds", report.took().toNanos() / NS_PER_SECOND);
        write(report.machine());
        write("load_before", report.loadBefore());
        write("load_after", report.loadAfter());
        json.writeArrayPropertyStart("noise");
        report.noise().forEach(this::write);
        json.writeEndArray();
        json.writeArrayPropertyStart("rows");
        report.rows().forEach(this::write);
        json.writeEndArray();
        json.writeEndObject();
    }

    private void write(final Machine machine) {
        json.writeObjectPropertyStart("machine");
        json.writeStringProperty("cpu", machine.cpu());
        json.writeNumberProperty("processors", machine.processors());
        json.writeBooleanProperty("virtual", machine.isVirtual());
        json.writeNumberProperty("memory_bytes", machine.memoryBytes());
        json.writeStringProperty("kernel", machine.kernel());
        json.writeStringProperty("jdk", machine.jdk());
        json.writeStringProperty("shmem_huge_pages", machine.shmemHugePages());
        json.writeStringProperty("governor", machine.governor());
        json.writeEndObject();
    }

    private void write(final String name, final Load load) {
        json.writeArrayPropertyStart(name);
        json.writeNumber(load.oneMinute());
        json.writeNumber(load.fiveMinutes());
        json.writeNumber(load.fifteenMinutes());
        json.writeEndArray();
    }

    private void write(final Noise noise) {
        json.writeStartObject();
        json.writeStringProperty("when", noise.when());
        number("seconds", noise.seconds());
        number("gaps_per_s", noise.gapsPerSecond());
        number("p99_us", noise.p99Us());
        number("longest_us", noise.longestUs());
        number("lost_percent", noise.lostPercent());
        json.writeEndObject();
    }

    private void write(final Row row) {
        json.writeStartObject();
        json.writeStringProperty("experiment", row.experiment());
        json.writeStringProperty("subject", row.subject());
        json.writeObjectPropertyStart("settings");
        row.settings().forEach(json::writeStringProperty);
        json.writeEndObject();
        json.writeObjectPropertyStart("figures");
        for (final String figure : row.figures()) {
            json.writeObjectPropertyStart(figure);
            number("median", row.median(figure));
            number("min", row.min(figure));
            number("max", row.max(figure));
            json.writeArrayPropertyStart("runs");
            row.runs().forEach(run -> number(run.getOrDefault(figure, Double.NaN)));
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndObject();
        write(row.curve());
        json.writeEndObject();
    }

    private void write(final List<CurvePoint> curve) {
        if (!curve.isEmpty()) {
            json.writeArrayPropertyStart("curve");
            for (final CurvePoint point : curve) {
                json.writeStartArray();
                number(point.x());
                number(point.y());
                json.writeEndArray();
            }
            json.writeEndArray();
        }
    }

    private void number(final String name, final double value) {
        json.writeName(name);
        number(value);
    }

    /** JSON has no word for what is no number but null. */
    private void number(final double value) {
        if (Double.isFinite(value)) {
            json.writeNumber(value);
        } else {
            json.writeNull();
        }
    }
}
