package io.tensorpool.client;

import io.tensorpool.EpochRegions;
import io.tensorpool.Role;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.RevokeReason;
import org.jspecify.annotations.Nullable;

/** A producer or consumer as the conductor sees it. Conductor's thread only. */
interface Session {
    /** The session's hold on its stream; null for one that needs no driver. */
    @Nullable
    Attachment attachment();

    /** Advances everything that is due. Returns a work count. */
    int doWork(long nowNs);

    /** An announce of any stream, fresh. */
    void onAnnounce(EpochRegions regions, int producerId);

    /** A consumer of any stream presented itself. */
    void onConsumerHello(ConsumerHello hello);

    /** Somebody said how a consumer of any stream is served. */
    void onConsumerConfig(ConsumerConfig config);

    /** A lease on any stream is over, perhaps the session's own. */
    void onLeaseRevoked(int streamId, int clientId, Role role, RevokeReason reason);

    /** A consumer of any stream reported. */
    void onQosConsumer(int streamId, int consumerId, long epoch, long lastSeqSeen, long dropsGap, long dropsLate);

    /** Ends: nothing is handed to the application any more, the lease goes back. Over when the attachment is closed. */
    void close();

    /** Whether an application's thread is inside one of the session's Aeron objects at this moment. */
    boolean isInUse();

    /** Whether the session is closed, the driver has been told, and no thread is inside it any more. */
    boolean isOver();

    /** Whether this is the session of that producer or consumer. */
    boolean isOf(Object owner);

    /** Aeron has closed the client, another one will come: nothing of the first is used any more, and the lease is over. */
    void onAeronLost();

    /** The given Aeron client was closed: ends without saying anything, and touches nothing of Aeron's. */
    void abandon();
}
