package io.tensorpool.runtime;

import io.aeron.Publication;
import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.protocol.MessageSink;
import io.tensorpool.protocol.PublicationSink;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A shared publication that outlives the Aeron client that it was made with. While there is none, or the service could not
 * hear an answer yet, it answers {@link Publication#BACK_PRESSURED}. Conductor's thread.
 */
public final class LastingPublication implements MessageSink {
    private final AeronConnection connection;
    private final AeronResource<Publication> resource;
    private @Nullable PublicationSink sink;

    LastingPublication(final AeronConnection connection, final AeronResource<Publication> resource) {
        this.connection = connection;
        this.resource = resource;
    }

    /**
     * The publication.
     *
     * @return what this sends through.
     */
    public AeronResource<Publication> resource() {
        return resource;
    }

    private @Nullable PublicationSink sink() {
        final @Nullable Publication current = connection.isWhole() ? resource.current() : null;
        if (current == null) {
            sink = null;
        } else if (sink == null || !sink.isFor(current)) {
            sink = new PublicationSink(current);
        }
        return sink;
    }

    @Override
    public long tryClaim(final int length, final BufferClaim claim) {
        final @Nullable PublicationSink to = sink();
        return to == null ? Publication.BACK_PRESSURED : to.tryClaim(length, claim);
    }

    @Override
    public long offer(final DirectBuffer buffer, final int offset, final int length) {
        final @Nullable PublicationSink to = sink();
        return to == null ? Publication.BACK_PRESSURED : to.offer(buffer, offset, length);
    }

    @Override
    public int maxMessageLength() {
        final @Nullable PublicationSink to = sink();
        return to == null ? MessageSink.super.maxMessageLength() : to.maxMessageLength();
    }
}
