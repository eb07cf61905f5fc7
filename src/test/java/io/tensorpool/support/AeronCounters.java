package io.tensorpool.support;

import io.aeron.Aeron;
import org.agrona.collections.MutableLong;

/** The counters of a media driver by the end of their labels, as an operator sees them. */
public final class AeronCounters implements AutoCloseable {
    private final Aeron aeron;

    public AeronCounters(final String aeronDirectoryName) {
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(aeronDirectoryName));
    }

    /** Sum of all counters of that label; 0 if there is none. */
    public long value(final String label) {
        final MutableLong sum = new MutableLong();
        aeron.countersReader()
                .forEach((value, counterId, text) -> sum.addAndGet(text.endsWith(": " + label) ? value : 0));
        return sum.get();
    }

    /** Waits until that label shows at least so much: a rare counter takes its place only after it first counted. */
    public void awaitAtLeast(final String label, final long value) {
        Await.until("counter '" + label + "' at " + value, () -> value(label) >= value);
    }

    @Override
    public void close() {
        aeron.close();
    }
}
