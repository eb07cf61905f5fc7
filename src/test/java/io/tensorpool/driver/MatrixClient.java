package io.tensorpool.driver;

import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.MessageHeaderEncoder;
import io.tensorpool.codec.driver.ShmAttachRequestEncoder;
import io.tensorpool.protocol.AnnounceAdapter;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigAdapter;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.ConsumerHelloProxy;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.support.Await;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/** A client that can ask for anything, and writes down what it hears and on which stream. */
final class MatrixClient implements DriverEventListener, AutoCloseable {
    static final int CONTROL_STREAM_ID = 1000;
    static final int ANNOUNCE_STREAM_ID = 1001;

    private static final String CHANNEL = "aeron:ipc?term-length=4m";

    /** Every field of an attach request, as numbers on the wire. */
    record Request(
            int streamId,
            int clientId,
            Role role,
            int publishModeCode,
            long layoutVersion,
            int hugepagesCode,
            int desiredNodeId) {}

    /** Answer to an attach: a lease, or a code and a text. */
    record Answer(ResponseCode code, String text, long leaseId, int nodeId, EpochRegions regions) {}

    /** An announce, and the stream that it came on. */
    record Announce(int onStreamId, EpochRegions regions, int producerId) {}

    private final Aeron aeron;
    private final Publication publication;
    private final Subscription control;
    private final Subscription announces;
    private final DriverRequestProxy proxy;
    private final ConsumerHelloProxy hellos;
    private final DriverEventAdapter events = new DriverEventAdapter(this);
    private final AnnounceAdapter announcesOnControl = new AnnounceAdapter((regions, producerId, timestampNs, domain) ->
            onAnnounce(new Announce(CONTROL_STREAM_ID, regions, producerId)));
    final List<ConsumerConfig> configured = new ArrayList<>();
    private final ConsumerConfigAdapter configs = new ConsumerConfigAdapter(configured::add);
    private final FragmentAssembler onControl = new FragmentAssembler((buffer, offset, length, header) -> {
        events.onFragment(buffer, offset, length, header);
        announcesOnControl.onFragment(buffer, offset, length, header);
        configs.onFragment(buffer, offset, length, header);
    });
    private final FragmentAssembler onAnnounces =
            new FragmentAssembler(new AnnounceAdapter((regions, producerId, timestampNs, domain) ->
                    onAnnounce(new Announce(ANNOUNCE_STREAM_ID, regions, producerId))));
    private final Map<Long, Answer> answers = new HashMap<>();
    private final Map<Long, ResponseCode> detached = new HashMap<>();
    final List<Announce> heard = new ArrayList<>();
    final List<Long> revoked = new ArrayList<>();
    private long lastCorrelationId;

    MatrixClient(final String aeronDirectoryName) {
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(aeronDirectoryName));
        publication = aeron.addPublication(CHANNEL, CONTROL_STREAM_ID);
        control = aeron.addSubscription(CHANNEL, CONTROL_STREAM_ID);
        announces = aeron.addSubscription(CHANNEL, ANNOUNCE_STREAM_ID);
        proxy = new DriverRequestProxy(new PublicationSink(publication));
        hellos = new ConsumerHelloProxy(new PublicationSink(publication));
    }

    int poll() {
        return control.poll(onControl, 32) + announces.poll(onAnnounces, 32);
    }

    /** Reads and forgets what others were told. */
    void forget() {
        while (poll() > 0) {
            // until nothing is left
        }
        heard.clear();
        revoked.clear();
        configured.clear();
    }

    void await(final String what, final BooleanSupplier condition) {
        Await.until(what, this::poll, condition);
    }

    void hello(final ConsumerHello hello) {
        await("hello sent", () -> hellos.hello(hello) > 0);
    }

    Answer attach(final Request request) {
        final long correlationId = ++lastCorrelationId;
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[128]);
        final ShmAttachRequestEncoder encoder = new ShmAttachRequestEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .correlationId(correlationId)
                .streamId(Integer.toUnsignedLong(request.streamId))
                .clientId(Integer.toUnsignedLong(request.clientId))
                .expectedLayoutVersion(request.layoutVersion)
                .desiredNodeId(Integer.toUnsignedLong(request.desiredNodeId));
        final int block = encoder.offset();
        buffer.putByte(block + ShmAttachRequestEncoder.roleEncodingOffset(), (byte) request.role.code());
        buffer.putByte(block + ShmAttachRequestEncoder.publishModeEncodingOffset(), (byte) request.publishModeCode);
        buffer.putByte(block + ShmAttachRequestEncoder.requireHugepagesEncodingOffset(), (byte) request.hugepagesCode);
        final int length = MessageHeaderEncoder.ENCODED_LENGTH + encoder.encodedLength();
        await("attach sent", () -> publication.offer(buffer, 0, length) > 0);
        await("attach answered", () -> answers.containsKey(correlationId));
        return answers.get(correlationId);
    }

    ResponseCode detach(final long leaseId, final int streamId, final int clientId, final Role role) {
        final long correlationId = ++lastCorrelationId;
        await("detach sent", () -> proxy.detach(correlationId, leaseId, streamId, clientId, role) > 0);
        await("detach answered", () -> detached.containsKey(correlationId));
        return detached.get(correlationId);
    }

    private void onAnnounce(final Announce announce) {
        heard.add(announce);
    }

    @Override
    public void onAttached(
            final long correlationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {
        answers.put(correlationId, new Answer(ResponseCode.OK, "", leaseId, nodeId, regions));
    }

    @Override
    public void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {
        answers.put(correlationId, new Answer(code, text, -1, -1, null));
    }

    @Override
    public void onAttachProtocolError(final long correlationId, final String fault) {
        throw new AssertionError("protocol error in the answer to " + correlationId + ": " + fault);
    }

    @Override
    public void onDetached(final long correlationId, final ResponseCode code) {
        detached.put(correlationId, code);
    }

    @Override
    public void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        revoked.add(leaseId);
    }

    @Override
    public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {}

    @Override
    public void close() {
        aeron.close();
    }
}
