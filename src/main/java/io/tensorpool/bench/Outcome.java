package io.tensorpool.bench;

import java.util.List;
import java.util.Map;

/**
 * What the two roles of a trial said.
 *
 * @param subject   in messages.
 * @param produced  figures of the producer.
 * @param consumed  figures of the consumer.
 * @param latencyNs of each measured frame; empty unless the trial was paced.
 */
record Outcome(String subject, Map<String, Long> produced, Map<String, Long> consumed, List<Long> latencyNs) {
    private static final double NS_PER_SECOND = 1e9;

    /** Frames per second that arrived, of those that were through. */
    double framesPerSecond() {
        final double perSecond = produced("frames") * NS_PER_SECOND / Math.max(1, produced("elapsed_ns"));
        final long received = consumed("received");
        return received == 0 ? 0 : perSecond * received / (received + lost());
    }

    /** Frames that did not arrive whole, in the whole trial. */
    long lost() {
        return consumed("gap") + consumed("late") + consumed("other");
    }

    /** What the roles said, for people. */
    String counts() {
        return "producer " + produced + ", consumer " + consumed;
    }

    double producerCpuNsPerFrame() {
        return (double) produced("cpu_ns") / Math.max(1, produced("published"));
    }

    long produced(final String key) {
        return figure("producer", produced, key);
    }

    long consumed(final String key) {
        return figure("consumer", consumed, key);
    }

    private long figure(final String role, final Map<String, Long> figures, final String key) {
        return RoleOutput.required(subject + " " + role, figures, key);
    }
}
