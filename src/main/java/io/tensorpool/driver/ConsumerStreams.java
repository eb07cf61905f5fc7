package io.tensorpool.driver;

import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.ConsumerMode;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.ConsumerHelloAdapter;
import io.tensorpool.protocol.ConsumerHelloListener;
import io.tensorpool.protocol.FragmentSource;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.OwnStreams;
import io.tensorpool.protocol.QosAdapter;
import io.tensorpool.protocol.QosListener;
import java.util.Iterator;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The authority on streams of consumers' own, where ranges for them are configured (driver specification 11, wire
 * specification 10.1.3). A consumer keeps what it was assigned for as long as it asks for it, is heard of, and has its
 * lease; each hello that asks is answered, so that a producer that comes later hears it, too. Only who holds a consumer's
 * lease on the stream gets anything, which bounds what is remembered by the number of leases.
 *
 * <p>An answer that cannot be sent is dropped: the next hello is answered again.
 */
final class ConsumerStreams implements ConsumerHelloListener, QosListener {
    /** Who reads what. */
    interface Readers {
        /** Whether a stream is this driver's; another one, or a producer without driver, may have it. */
        boolean hasStream(int streamId);

        /** Whether a client holds a consumer's lease on a stream. */
        boolean hasLease(int streamId, int clientId);
    }

    private static final System.Logger LOG = System.getLogger(ConsumerStreams.class.getName());
    private static final int FRAGMENT_LIMIT = 32;
    /** A consumer is gone when it was not heard of for so many intervals; the specification asks for 3 to 5. */
    private static final int STALE_INTERVALS = 4;

    private final DriverContext context;
    private final Readers readers;
    private final FragmentSource qos;
    private final ConsumerConfigProxy configs;
    private final DriverCounters counters;
    private final ConsumerHelloAdapter hellos = new ConsumerHelloAdapter(this);
    private final QosAdapter qosHandler = new QosAdapter(this);
    private final Backlog backlog = new Backlog(FRAGMENT_LIMIT);
    private final OwnStreamIds descriptorIds;
    private final OwnStreamIds controlIds;
    private final Int2ObjectHashMap<Assignment> assignments = new Int2ObjectHashMap<>();
    private long nextSweepNs;

    /** What a consumer has. */
    private static final class Assignment {
        private final int streamId;
        private final int consumerId;
        private ConsumerMode mode = ConsumerMode.STREAM;
        private OwnStream descriptors = OwnStream.NONE;
        private OwnStream controls = OwnStream.NONE;
        private long heardNs;

        private Assignment(final int streamId, final int consumerId) {
            this.streamId = streamId;
            this.consumerId = consumerId;
        }

        private boolean isEmpty() {
            return descriptors.isNone() && controls.isNone();
        }
    }

    ConsumerStreams(
            final DriverContext context,
            final Readers readers,
            final FragmentSource qos,
            final ConsumerConfigProxy configs,
            final DriverCounters counters) {
        this.context = context;
        this.readers = readers;
        this.qos = qos;
        this.configs = configs;
        this.counters = counters;
        this.descriptorIds = new OwnStreamIds(context.streamPlan().descriptorRange());
        this.controlIds = new OwnStreamIds(context.streamPlan().controlRange());
    }

    /** Reads the hellos among the messages of the control stream. */
    FragmentHandler hellos() {
        return hellos;
    }

    /**
     * One duty cycle.
     *
     * @param mayExpire false while control messages wait that were not read yet: hellos may be among them.
     */
    int doWork(final long nowNs, final boolean mayExpire) {
        final int fragments = qos.poll(qosHandler, FRAGMENT_LIMIT);
        counters.onUnreadableOfConsumers(hellos.unreadable() + qosHandler.unreadable());
        final boolean isRead = backlog.isRead(fragments);
        return mayExpire && isRead && nowNs - nextSweepNs >= 0 ? fragments + sweep(nowNs) : fragments;
    }

    private int sweep(final long nowNs) {
        nextSweepNs = nowNs + intervalNs() / 2;
        int count = 0;
        final Iterator<Assignment> each = assignments.values().iterator();
        while (each.hasNext()) {
            final Assignment assignment = each.next();
            final boolean isStale = nowNs - assignment.heardNs > STALE_INTERVALS * intervalNs();
            if (isStale || !readers.hasLease(assignment.streamId, assignment.consumerId)) {
                each.remove();
                giveBack(assignment, isStale ? "it was not heard of any more" : "its lease is over");
                count++;
            }
        }
        return count;
    }

    /** Interval of hellos and reports: that of the announces by recommendation, but no lease needs to be renewed faster. */
    private long intervalNs() {
        return Math.max(context.announcePeriodNs(), context.keepaliveIntervalNs());
    }

    private void giveBack(final Assignment assignment, final String cause) {
        LOG.log(
                System.Logger.Level.DEBUG,
                "consumer {0} of stream {1} gives back {2} and {3}: {4}",
                Integer.toUnsignedString(assignment.consumerId),
                Integer.toUnsignedString(assignment.streamId),
                assignment.descriptors,
                assignment.controls,
                cause);
        descriptorIds.release(assignment.descriptors);
        controlIds.release(assignment.controls);
        counters.onConsumerStreamsGivenBack();
        configs.config(new ConsumerConfig(
                assignment.streamId, assignment.consumerId, true, assignment.mode, "", OwnStreams.NONE));
    }

    @Override
    public void onQosConsumer(
            final int streamId,
            final int consumerId,
            final long epoch,
            final long lastSeqSeen,
            final long dropsGap,
            final long dropsLate,
            final ConsumerMode mode) {
        final Assignment assignment = assignments.get(consumerId);
        if (assignment != null && assignment.streamId == streamId) {
            assignment.heardNs = context.nanoClock().nanoTime();
        }
    }

    @Override
    public void onQosProducer(
            final int streamId, final int producerId, final long epoch, final long currentSeq, final int watermark) {
        // A producer needs no id.
    }

    @Override
    public void onConsumerHello(final ConsumerHello hello) {
        final Assignment known = assignments.get(hello.consumerId());
        final boolean isKnown = known != null && known.streamId == hello.streamId();
        if (!hello.asks()) {
            if (isKnown) {
                assignments.remove(hello.consumerId());
                giveBack(known, "it asks for nothing any more");
            }
            return;
        }
        if (!readers.hasStream(hello.streamId())) {
            return; // somebody else answers, and two answers would contradict each other
        }
        if (!readers.hasLease(hello.streamId(), hello.consumerId())) {
            counters.onConsumerStreamDeclined(DriverCounters.Decline.NO_LEASE);
            configs.config(ConsumerConfig.answering(hello, OwnStreams.NONE));
            return;
        }
        final Assignment assignment = isKnown ? known : successorOf(known, hello.streamId(), hello.consumerId());
        assignment.heardNs = context.nanoClock().nanoTime();
        assignment.mode = hello.rate().mode();
        assignment.descriptors = serve(hello.wishes().descriptors(), assignment.descriptors, descriptorIds);
        assignment.controls = serve(hello.wishes().controls(), assignment.controls, controlIds);
        if (assignment.isEmpty()) {
            assignments.remove(hello.consumerId());
        } else {
            assignments.put(hello.consumerId(), assignment);
        }
        configs.config(ConsumerConfig.answering(hello, new OwnStreams(assignment.descriptors, assignment.controls)));
    }

    /** A client id that is on another stream now has left the one before. */
    private Assignment successorOf(final @Nullable Assignment known, final int streamId, final int consumerId) {
        if (known != null) {
            giveBack(known, "its lease is over");
        }
        return new Assignment(streamId, consumerId);
    }

    /** What a consumer has from now on, given what it wishes for and had. */
    private OwnStream serve(final OwnStream wish, final OwnStream had, final OwnStreamIds ids) {
        if (!wish.isNone() && wish.isWhole() && wish.channel().equals(had.channel())) {
            return had;
        }
        ids.release(had);
        if (wish.isNone()) {
            return OwnStream.NONE;
        }
        if (!wish.isWhole()) {
            return declined(DriverCounters.Decline.HALF);
        }
        if (!Channels.isForOwnStream(wish.channel())) {
            return declined(DriverCounters.Decline.CHANNEL);
        }
        final int streamId = ids.take(wish.streamId());
        if (streamId == 0) {
            return declined(ids.areConfigured() ? DriverCounters.Decline.EXHAUSTED : DriverCounters.Decline.NO_RANGE);
        }
        counters.onConsumerStreamGranted();
        return new OwnStream(wish.channel(), streamId);
    }

    private OwnStream declined(final DriverCounters.Decline cause) {
        counters.onConsumerStreamDeclined(cause);
        return OwnStream.NONE;
    }
}
