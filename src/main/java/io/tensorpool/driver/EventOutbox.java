package io.tensorpool.driver;

import io.aeron.Publication;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;
import org.agrona.ErrorHandler;

/**
 * What the driver has to say and could not yet, in order: a message that meets back pressure is sent again in the next
 * duty cycle, and everything after it waits, so that a revocation stays before the announce that follows from it. What nobody listens to
 * is said once and done with: an announce without a subscriber must not hold up the answers behind it.
 */
final class EventOutbox {
    /** Above this the oldest is dropped: its receiver asks again. */
    static final int CAPACITY = 16 * 1024;

    private final Deque<LongSupplier> waiting = new ArrayDeque<>();
    private final ErrorHandler errorHandler;
    private final Runnable onDropped;

    /**
     * Nothing waits yet.
     *
     * @param onDropped called for each message that is never going to be sent.
     */
    EventOutbox(final ErrorHandler errorHandler, final Runnable onDropped) {
        this.errorHandler = errorHandler;
        this.onDropped = onDropped;
    }

    /** Sends now if nothing waits, else later. The supplier returns a position or Aeron's negative code. */
    void send(final LongSupplier message) {
        if (!waiting.isEmpty() || !say(message)) {
            if (waiting.size() == CAPACITY) {
                waiting.pollFirst();
                onDropped.run();
            }
            waiting.addLast(message);
        }
    }

    /** Sends what waits, up to the first that cannot be sent. Returns how many were sent. */
    int flush() {
        int count = 0;
        LongSupplier message = waiting.peekFirst();
        while (message != null && say(message)) {
            waiting.pollFirst();
            count++;
            message = waiting.peekFirst();
        }
        return count;
    }

    /** False if it has to wait. One that can never be sent, such as one that is too long, must not stop those behind it. */
    private boolean say(final LongSupplier message) {
        try {
            final long result = message.getAsLong();
            return result != Publication.BACK_PRESSURED && result != Publication.ADMIN_ACTION;
        } catch (final RuntimeException ex) {
            errorHandler.onError(ex);
            onDropped.run();
            return true;
        }
    }

    /** Nobody is going to hear what waits. Returns how many messages that are. */
    int giveUp() {
        final int count = waiting.size();
        waiting.clear();
        for (int i = 0; i < count; i++) {
            onDropped.run();
        }
        return count;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }
}
