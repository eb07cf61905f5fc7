package io.tensorpool.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** How a demo went; {@code --json} prints the components under their names. */
record DemoSummary(
        long framesPublished,
        long framesUnannounced,
        long framesReceived,
        long dropsGap,
        long dropsLate,
        long torn,
        long bytes,
        double seconds,
        long p50Ns,
        long p99Ns,
        long p999Ns) {

    static DemoSummary of(
            final FramePublisher.Report published, final FrameReceiver.Report received, final long[] latencyNs) {
        return new DemoSummary(
                published.committed(),
                published.unannouncedAtEnd(),
                received.received(),
                received.dropsGap(),
                received.dropsLate(),
                received.torn(),
                received.bytes(),
                published.seconds(),
                latencyNs[0],
                latencyNs[1],
                latencyNs[2]);
    }

    /** Whether every published frame is received, dropped or unannounced, and none was torn. */
    boolean isGood() {
        return torn == 0 && framesPublished == framesReceived + dropsGap + dropsLate + framesUnannounced;
    }

    void print(final PrintStream out) {
        out.printf("frames published  %d (%d not announced at the end)%n", framesPublished, framesUnannounced);
        out.printf("frames received   %d, every one checked%n", framesReceived);
        out.printf("dropped           %d as gap, %d as late%n", dropsGap, dropsLate);
        out.printf("torn              %d%n", torn);
        out.printf("throughput        %.1f MB/s over %.2f s%n", bytes / 1e6 / Math.max(seconds, 1e-9), seconds);
        out.printf(
                "latency           p50 %.1f us, p99 %.1f us, p99.9 %.1f us%n", p50Ns / 1e3, p99Ns / 1e3, p999Ns / 1e3);
        if (!isGood()) {
            out.printf(
                    "NOT GOOD: %d frames are unaccounted for%n",
                    framesPublished - framesReceived - dropsGap - dropsLate - framesUnannounced - torn);
        }
    }

    void printJson(final PrintStream out) throws IOException {
        final StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
            json.writeStartObject();
            json.writeNumberProperty("framesPublished", framesPublished);
            json.writeNumberProperty("framesUnannounced", framesUnannounced);
            json.writeNumberProperty("framesReceived", framesReceived);
            json.writeNumberProperty("dropsGap", dropsGap);
            json.writeNumberProperty("dropsLate", dropsLate);
            json.writeNumberProperty("torn", torn);
            json.writeNumberProperty("bytes", bytes);
            json.writeNumberProperty("seconds", seconds);
            json.writeNumberProperty("p50Ns", p50Ns);
            json.writeNumberProperty("p99Ns", p99Ns);
            json.writeNumberProperty("p999Ns", p999Ns);
            json.writeEndObject();
        }
        out.println(text);
    }
}
