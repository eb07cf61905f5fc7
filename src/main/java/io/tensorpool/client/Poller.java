package io.tensorpool.client;

import io.aeron.FragmentAssembler;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.runtime.LastingSubscription;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Hands on the messages of one kind from one stream, whoever they are for. Used by the thread of its {@link Pollers}, and over
 * when they are closed.
 *
 * <p>It may be left behind: if it is not polled for some 0.2 s while its stream is full, it loses what comes until it is polled
 * again, and holds nobody up. What a handler throws goes to the error handler of the context, and the next message is handed on.
 *
 * @param <H> the handler of the kind of messages.
 */
public final class Poller<H> implements AutoCloseable {
    /** Reads fragments for one handler. */
    record Reading(FragmentHandler fragments, LongSupplier unreadable) {}

    private final Pollers owner;
    private final LastingSubscription subscription;
    private final Function<H, Reading> readingFor;
    private final FragmentAssembler assembler = new FragmentAssembler(this::onMessage);
    private @Nullable H handler;
    private @Nullable Reading reading;
    private long unreadableBefore;
    private int losses;
    private boolean isClosed;

    Poller(final Pollers owner, final LastingSubscription subscription, final Function<H, Reading> readingFor) {
        this.owner = owner;
        this.subscription = subscription;
        this.readingFor = readingFor;
        this.losses = owner.losses();
    }

    /**
     * Hands on what has arrived. Also drives the Aeron client, so that it is called every second or so at least.
     *
     * @param with  called for each message; best the same object each time.
     * @param limit most fragments to look at; a message has one, unless it is long.
     * @return how many were looked at, messages of other kinds among them; 0 while there is no media driver, and when closed.
     */
    @SuppressWarnings("ReferenceEquality") // another object of the same kind only costs an adapter
    public int poll(final H with, final int limit) {
        if (isClosed) {
            return 0;
        }
        if (with != handler) {
            unreadableBefore = unreadableMessages();
            handler = with;
            reading = readingFor.apply(with);
        }
        return owner.poll(this, limit);
    }

    /** Between the owner's marks. */
    int poll(final int limit) {
        if (losses != owner.losses()) {
            losses = owner.losses();
            assembler.clear(); // the rest of what was begun will not come
        }
        return subscription.poll(assembler, limit);
    }

    private void onMessage(final DirectBuffer buffer, final int offset, final int length, final Header header) {
        if (reading != null) {
            reading.fragments().onFragment(buffer, offset, length, header);
        }
    }

    /**
     * Messages of this kind that could not be read, or break a rule of theirs.
     *
     * @return how many so far.
     */
    public long unreadableMessages() {
        return unreadableBefore + (reading == null ? 0 : reading.unreadable().getAsLong());
    }

    /** Ends the subscription. Does nothing the second time. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            subscription.resource().close();
        }
    }
}
