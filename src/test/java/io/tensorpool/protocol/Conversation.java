package io.tensorpool.protocol;

import static io.tensorpool.protocol.ConversationTexts.ASKING_HELLO;
import static io.tensorpool.protocol.ConversationTexts.ASSIGNING_CONFIG;
import static io.tensorpool.protocol.ConversationTexts.PLAIN_HELLO;

import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.ClockDomain;
import io.tensorpool.ConsumerMode;
import io.tensorpool.EpochRegions;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.PoolRegion;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Each message that some adapter reads: how a proxy says it, who reads it, and what is heard then. Ids above 2^31 and
 * 2^63 are in it on purpose.
 */
enum Conversation {
    ATTACH_REQUEST(
            DriverRequestAdapter::new,
            to -> new DriverRequestProxy(to).attach(-5, 0x8000_0001, 0xFFFF_FFFE, Role.CONSUMER, 1, 7),
            "attach -5 -2147483647 -2 2 1 2 0 7"),
    ATTACH_REQUEST_WITHOUT_NODE_ID(
            DriverRequestAdapter::new,
            to -> new DriverRequestProxy(to).attach(6, 10_000, 3, Role.PRODUCER, 1, DriverRequestProxy.NO_NODE_ID),
            "attach 6 10000 3 1 1 2 0 " + DriverRequestListener.NULL_U32),
    DETACH_REQUEST(
            DriverRequestAdapter::new,
            to -> new DriverRequestProxy(to).detach(7, -8, 10_000, 9, Role.PRODUCER),
            "detach 7 -8 10000 9 1"),
    KEEPALIVE(
            DriverRequestAdapter::new,
            to -> new DriverRequestProxy(to).keepalive(7, 10_000, 9, Role.CONSUMER, 123),
            "keepalive 7 10000 9 2 123"),
    SHUTDOWN_REQUEST(
            DriverRequestAdapter::new,
            to -> new DriverRequestProxy(to).shutdown(7, ShutdownReason.ADMIN, "s3cret"),
            "end 7 1 s3cret"),
    ATTACH_RESPONSE(
            DriverEventAdapter::new,
            to -> new DriverEventProxy(to).attached(-1, 2, 3, 4, regions(3)),
            "attached -1 2 3 4 " + regions(3)),
    ATTACH_RESPONSE_LONGER_THAN_A_CLAIM(
            DriverEventAdapter::new,
            to -> new DriverEventProxy(to).attached(1, 2, 3, -1, regions(64)),
            "attached 1 2 3 -1 " + regions(64)),
    ATTACH_REFUSAL(
            DriverEventAdapter::new,
            to -> new DriverEventProxy(to).attachRefused(4, ResponseCode.REJECTED, "producer already attached"),
            "refused 4 REJECTED producer already attached"),
    DETACH_RESPONSE(
            DriverEventAdapter::new, to -> new DriverEventProxy(to).detached(5, ResponseCode.OK, ""), "detached 5 OK"),
    LEASE_REVOKED(
            DriverEventAdapter::new,
            to -> new DriverEventProxy(to).leaseRevoked(1, 2, 3, 4, Role.PRODUCER, RevokeReason.EXPIRED),
            "revoked 2 3 4 PRODUCER EXPIRED"),
    DRIVER_SHUTDOWN(
            DriverEventAdapter::new, to -> new DriverEventProxy(to).shutdown(1, ShutdownReason.ADMIN), "shutdown"),
    ANNOUNCE(
            AnnounceAdapter::new,
            to -> new AnnounceProxy(to).announce(regions(2), 5, 6, ClockDomain.MONOTONIC),
            "announce " + regions(2) + " 5 6 " + ClockDomain.MONOTONIC),
    ANNOUNCE_BY_A_SHARED_CLOCK(
            AnnounceAdapter::new,
            to -> new AnnounceProxy(to).announce(regions(2), 5, 6, ClockDomain.REALTIME_SYNCED),
            "announce " + regions(2) + " 5 6 " + ClockDomain.REALTIME_SYNCED),
    HELLO(ConsumerHelloAdapter::new, to -> new ConsumerHelloProxy(to).hello(PLAIN_HELLO), PLAIN_HELLO.toString()),
    HELLO_THAT_ASKS(
            ConsumerHelloAdapter::new, to -> new ConsumerHelloProxy(to).hello(ASKING_HELLO), ASKING_HELLO.toString()),
    CONFIG_THAT_ASSIGNS(
            ConsumerConfigAdapter::new,
            to -> new ConsumerConfigProxy(to).config(ASSIGNING_CONFIG),
            ASSIGNING_CONFIG.toString()),
    CONFIG_THAT_DECLINES(
            ConsumerConfigAdapter::new,
            to -> new ConsumerConfigProxy(to).config(ConsumerConfig.answering(ASKING_HELLO, OwnStreams.NONE)),
            ConsumerConfig.answering(ASKING_HELLO, OwnStreams.NONE).toString()),
    DESCRIPTOR(
            DescriptorAdapter::new,
            to -> new DescriptorProxy(to).frame(10_000, -2, 3, DescriptorProxy.NULL_TIMESTAMP, 5, 6),
            "frame 10000 -2 3 -1 5 6"),
    QOS_CONSUMER(
            QosAdapter::new,
            to -> new QosProxy(to).qosConsumer(10_000, -2, 3, -4, 5, 6, ConsumerMode.RATE_LIMITED),
            "qos 10000 -2 3 -4 5 6 RATE_LIMITED"),
    QOS_PRODUCER(
            QosAdapter::new,
            to -> new QosProxy(to).qosProducer(10_000, -2, -3, 4, 0x8000_0000),
            "qos of producer 10000 -2 -3 4 -2147483648"),
    QOS_PRODUCER_WITHOUT_WATERMARK(
            QosAdapter::new,
            to -> new QosProxy(to).qosProducer(10_000, 2, 3, 4, QosListener.NO_WATERMARK),
            "qos of producer 10000 2 3 4 -1"),
    DATA_SOURCE_ANNOUNCE(
            MetadataAdapter::new,
            to -> new MetadataProxy(to).dataSourceAnnounce(10_000, -2, -3, -4, "camera", "UINT16 640x480"),
            "source 10000 -2 -3 -4 'camera' 'UINT16 640x480'"),
    DATA_SOURCE_META(
            MetadataAdapter::new,
            to -> new MetadataProxy(to).dataSourceMeta(10_000, -2, -3, Attributes.ALL),
            "meta 10000 -2 -3 " + Attributes.ALL),
    BLOB_ANNOUNCE(
            MetadataAdapter::new,
            to -> new MetadataProxy(to).blobAnnounce(10_000, -2, -3, 1L << 40, 0xFFFF_FFFFL),
            "blob 10000 -2 -3 1099511627776 4294967295"),
    BLOB_CHUNK(
            MetadataAdapter::new,
            to -> new MetadataProxy(to).blobChunk(10_000, -2, 1, new byte[] {1, 2, 3, 4}, 2),
            "chunk 10000 -2 1 0203"),
    BLOB_COMPLETE(
            MetadataAdapter::new, to -> new MetadataProxy(to).blobComplete(10_000, -2, 5), "blob complete 10000 -2 5"),
    CONTROL_RESPONSE(
            ControlResponseAdapter::new,
            to -> new ControlResponseProxy(to).respond(-5, ResponseCode.REJECTED, "not today"),
            "response -5 REJECTED 'not today'");

    private static final class Attributes {
        static final List<MetadataAttribute> ALL = List.of(
                MetadataAttribute.text("serial", "42"), MetadataAttribute.of("empty", "sbe:900.4", new byte[0]));
    }

    private final Function<Heard, FragmentHandler> adapter;
    private final ToLongFunction<MessageLog> message;
    private final String heard;

    Conversation(
            final Function<Heard, FragmentHandler> adapter,
            final ToLongFunction<MessageLog> message,
            final String heard) {
        this.adapter = adapter;
        this.message = message;
        this.heard = heard;
    }

    private static EpochRegions regions(final int poolCount) {
        final List<PoolRegion> pools = java.util.stream.IntStream.range(0, poolCount)
                .mapToObj(i -> new PoolRegion(65_535 - i, 8, 0xFFFF_FFC0L, "shm:file?path=/dev/shm/" + i + ".pool"))
                .toList();
        return new EpochRegions(10_000, -3, 1, 8, "shm:file?path=/dev/shm/header.ring", pools);
    }

    /** Has the proxy say it. */
    long say(final MessageLog to) {
        return message.applyAsLong(to);
    }

    byte[] message() {
        final MessageLog log = new MessageLog();
        if (say(log) <= 0) {
            throw new AssertionError(this + " was not said");
        }
        return log.take();
    }

    String expected() {
        return heard;
    }

    /** What its adapter hears in a message that ends with the last byte of its buffer. */
    List<String> hear(final byte[] message) {
        return hear(message, ignored -> {});
    }

    List<String> hear(final byte[] message, final Consumer<FragmentHandler> look) {
        final Heard listener = new Heard();
        final FragmentHandler handler = adapter.apply(listener);
        handler.onFragment(new UnsafeBuffer(message), 0, message.length, null);
        look.accept(handler);
        return listener.lines();
    }
}
