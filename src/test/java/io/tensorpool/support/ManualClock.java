package io.tensorpool.support;

import org.agrona.concurrent.NanoClock;

/** A monotonic clock that stands still until a test moves it. Any thread. */
public final class ManualClock implements NanoClock {
    private volatile long nowNs;

    public ManualClock(final long startNs) {
        nowNs = startNs;
    }

    @Override
    public long nanoTime() {
        return nowNs;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread moves it
    public ManualClock advance(final long byNs) {
        nowNs += byNs;
        return this;
    }
}
