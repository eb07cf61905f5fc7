package io.tensorpool.bench;

import org.jspecify.annotations.Nullable;

/** Acknowledges where the setting asks for it. One thread. */
final class BaselineAcknowledger implements AutoCloseable {
    private final @Nullable Acknowledger acknowledger;

    BaselineAcknowledger(final RoleOptions options) {
        acknowledger = options.setting().flow() == Flow.CONTROLLED ? new Acknowledger(options) : null;
    }

    void onPolled(final int polled, final long nextSeq) {
        if (acknowledger != null) {
            acknowledger.onPolled(polled, nextSeq);
        }
    }

    @Override
    public void close() {
        if (acknowledger != null) {
            acknowledger.close();
        }
    }
}
