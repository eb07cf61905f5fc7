package io.tensorpool.bench;

import java.util.List;
import java.util.Locale;

/** How much is measured. */
public enum Suite {
    /** Some minutes: enough to see that nothing has become much slower. */
    QUICK(
            3,
            new Timing(0.5, 1),
            List.of(
                    new Payload(64, Work.UNTOUCHED),
                    new Payload(640 << 10, Work.UNTOUCHED),
                    new Payload(640 << 10, Work.TOUCHED),
                    new Payload(640 << 10, Work.COPIED)),
            List.of(Flow.CONTROLLED),
            List.of(1, 64),
            List.of(100)),

    /** Up to an hour: what is published. */
    FULL(
            5,
            new Timing(1, 2.5),
            Payload.all(List.of(64, 4 << 10, 640 << 10, 8 << 20)),
            List.of(Flow.CONTROLLED, Flow.FREE),
            List.of(1, 8, 64),
            List.of(1, 16, 100, 1000));

    private final int runs;
    private final Timing timing;
    private final List<Payload> payloads;
    private final List<Flow> flows;
    private final List<Integer> consumers;
    private final List<Integer> streams;

    Suite(
            final int runs,
            final Timing timing,
            final List<Payload> payloads,
            final List<Flow> flows,
            final List<Integer> consumers,
            final List<Integer> streams) {
        this.runs = runs;
        this.timing = timing;
        this.payloads = payloads;
        this.flows = flows;
        this.consumers = consumers;
        this.streams = streams;
    }

    /** As on the command line. */
    String lowerCaseName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Of each subject in each setting. */
    int runs() {
        return runs;
    }

    /** Of each trial. */
    Timing timing() {
        return timing;
    }

    /** Of throughput and latency. */
    List<Payload> payloads() {
        return payloads;
    }

    /** Of throughput. */
    List<Flow> flows() {
        return flows;
    }

    /** Numbers of consumers. */
    List<Integer> consumers() {
        return consumers;
    }

    /** Numbers of streams. */
    List<Integer> streams() {
        return streams;
    }
}
