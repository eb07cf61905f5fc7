package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.codec.tracelink.MessageHeaderDecoder;
import io.tensorpool.codec.tracelink.TraceLinkSetDecoder;
import org.agrona.DirectBuffer;
import org.agrona.collections.LongHashSet;

/** Reads trace links from the control stream, which carries other messages too. Wants whole messages. One thread. */
public final class TraceLinkAdapter implements FragmentHandler {
    private static final int NO_TRACE = 0;

    private final TraceLinkListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final TraceLinkSetDecoder links = new TraceLinkSetDecoder();
    private final LongHashSet distinct = new LongHashSet();
    private final SchemaGate gate = new SchemaGate(TraceLinkSetDecoder.SCHEMA_ID, TraceLinkSetDecoder.SCHEMA_VERSION)
            .templateWithGroup(
                    TraceLinkSetDecoder.TEMPLATE_ID,
                    TraceLinkSetDecoder.BLOCK_LENGTH,
                    TraceLinkSetDecoder.ParentsDecoder.sbeBlockLength(),
                    0,
                    0);
    private long[] parents = new long[16];
    private long invalid;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public TraceLinkAdapter(final TraceLinkListener listener) {
        this.listener = listener;
    }

    /**
     * Links that could not be read, name no parent, one twice, or a trace id of 0.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + invalid;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) != TraceLinkSetDecoder.TEMPLATE_ID) {
            return;
        }
        links.wrapAndApplyHeader(buffer, offset, header);
        final int count = readParents(links.parents());
        if (count == 0 || links.traceId() == NO_TRACE) {
            invalid++;
            return;
        }
        listener.onTraceLinkSet((int) links.streamId(), links.epoch(), links.seq(), links.traceId(), parents, count);
    }

    /** How many parents were read; 0 if there is none, or one that must not be. */
    private int readParents(final TraceLinkSetDecoder.ParentsDecoder entries) {
        if (parents.length < entries.count()) {
            parents = new long[entries.count()];
        }
        distinct.clear();
        int count = 0;
        for (final TraceLinkSetDecoder.ParentsDecoder entry : entries) {
            final long parent = entry.traceId();
            if (parent == NO_TRACE || !distinct.add(parent)) {
                return 0;
            }
            parents[count++] = parent;
        }
        return count;
    }
}
