package io.tensorpool.bench;

import java.util.function.LongSupplier;

/** Publishes frames of one subject, one after the other, with the work that a setting asks for. One thread. */
interface Sender {
    /** A frame. */
    void send();

    /** A frame that was due at a time, which it carries. */
    void send(long dueNs);

    /** Frames that were published. */
    long published();

    /** Frames that should have been published and could not. */
    long backPressured();

    /** All counts, with those frames as through that the given count says are. */
    default Window.Counts counts(final LongSupplier through) {
        return new Window.Counts() {
            @Override
            public long frames() {
                return through.getAsLong();
            }

            @Override
            public long published() {
                return Sender.this.published();
            }

            @Override
            public long backPressured() {
                return Sender.this.backPressured();
            }
        };
    }
}
