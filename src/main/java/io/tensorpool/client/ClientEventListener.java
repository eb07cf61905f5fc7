package io.tensorpool.client;

import io.tensorpool.ConsumerMode;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigListener;
import io.tensorpool.protocol.ControlResponseListener;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.protocol.ShutdownReason;

/**
 * What an application may want to know of a client's control plane; nobody has to. Every method does nothing by default.
 *
 * <p>Called in the client's conductor, from within its duty cycle and nowhere else: return soon. An exception goes to the
 * context's error handler and changes nothing. Producers and consumers may be added without waiting, and closed; methods
 * that wait throw {@link IllegalStateException} here, since they would wait for this very thread.
 */
public interface ClientEventListener extends ConsumerConfigListener, QosListener, ControlResponseListener {
    /**
     * A producer or consumer of this client went from one state to another.
     *
     * @param role       which of the two.
     * @param streamId   of its stream, unsigned.
     * @param attachment of it, already in the new state.
     * @param from       the state before.
     */
    default void onStateChanged(
            final Role role, final int streamId, final AttachmentStatus attachment, final AttachmentState from) {}

    /**
     * A producer or consumer of this client was granted a lease, the first or another one.
     *
     * @param role       which of the two.
     * @param attachment of it, with the lease.
     * @param regions    the stream's epoch at that moment; being mapped.
     */
    default void onAttached(final Role role, final AttachmentStatus attachment, final EpochRegions regions) {}

    /**
     * A lease of this client is over: it was revoked or expired, the driver ended or is not heard any more, or Aeron was lost.
     * Another one will be asked for.
     *
     * @param role       of the lease.
     * @param streamId   of the lease, unsigned.
     * @param attachment still with the lease that is over.
     * @param cause      in words.
     */
    default void onRevoked(
            final Role role, final int streamId, final AttachmentStatus attachment, final String cause) {}

    /**
     * A stream was announced, one of this client's or not. What is stale was left out (wire specification 10.1.1).
     *
     * @param regions     as received; not checked, and not mapped.
     * @param producerId  client id of the attached producer, unsigned; 0 for none.
     * @param timestampNs when, on the announcer's clock.
     */
    default void onAnnounce(final EpochRegions regions, final int producerId, final long timestampNs) {}

    /**
     * A producer or consumer of this client has mapped the first epoch of its life.
     *
     * @param role    which of the two.
     * @param regions as granted or announced, checked.
     */
    default void onMapped(final Role role, final EpochRegions regions) {}

    /**
     * A producer or consumer of this client has mapped another epoch, or the same one once more after it could not be used.
     *
     * @param role          which of the two.
     * @param regions       as granted or announced, checked.
     * @param previousEpoch mapped before, unsigned.
     */
    default void onRemapped(final Role role, final EpochRegions regions, final long previousEpoch) {}

    /**
     * Announced or granted regions are not mapped, because a check failed or the files are not there. It is tried again at
     * the next announce, or with the next lease.
     *
     * @param role    which of the two.
     * @param regions as received.
     * @param cause   the refusal.
     */
    default void onMappingFailed(final Role role, final EpochRegions regions, final Throwable cause) {}

    /**
     * A driver on the control stream has said that it ends.
     *
     * @param reason      why.
     * @param timestampNs when, on the driver's clock.
     */
    default void onDriverShutdown(final ShutdownReason reason, final long timestampNs) {}

    /**
     * A consumer of any client presented itself (wire specification 10.1.2).
     *
     * @param streamId   it reads, unsigned.
     * @param consumerId its own id, unsigned.
     */
    default void onConsumerHello(final int streamId, final int consumerId) {}

    /**
     * Somebody said how a consumer of any client is served (wire specification 10.1.3).
     *
     * @param config what was said.
     */
    @Override
    default void onConsumerConfig(final ConsumerConfig config) {}

    @Override
    default void onControlResponse(final long correlationId, final ResponseCode code, final String text) {}

    @Override
    default void onQosConsumer(
            final int streamId,
            final int consumerId,
            final long epoch,
            final long lastSeqSeen,
            final long dropsGap,
            final long dropsLate,
            final ConsumerMode mode) {}

    @Override
    default void onQosProducer(
            final int streamId, final int producerId, final long epoch, final long currentSeq, final int watermark) {}
}
