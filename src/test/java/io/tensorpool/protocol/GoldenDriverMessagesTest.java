package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.EpochRegions;
import io.tensorpool.HugepagesPolicy;
import io.tensorpool.PoolRegion;
import io.tensorpool.PublishMode;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What client and driver say to each other, in the very bytes that an independent implementation puts on the wire. */
class GoldenDriverMessagesTest {
    private static final long CORRELATION_ID = 9_218_247_941_278_745_377L;
    private static final int CLIENT_ID = (int) 4_000_000_001L;
    private static final long LEASE_ID = 0x0123_4567_89AB_CDEFL;
    private static final long KEPT_NS = 555_666_777_888L;
    private static final long EXPIRY_NS = 999_000_000_000L;
    private static final long SAID_NS = 123_456_789;
    private static final String DIRECTORY = "shm:file?path=/dev/shm/tensorpool-test/default/10000/7/";

    private static EpochRegions regions(final int... strides) {
        final List<PoolRegion> pools = new ArrayList<>();
        for (final int strideBytes : strides) {
            final int id = pools.size() + 1;
            pools.add(new PoolRegion(id, 64, strideBytes, DIRECTORY + id + ".pool|require_hugepages=false"));
        }
        return new EpochRegions(10_000, 7, 1, 64, DIRECTORY + "header.ring", pools);
    }

    /** A reference message, who says it, who reads it, and what is heard. */
    enum Golden {
        ATTACH_WITHOUT_WISHES(
                "ShmAttachRequest_nulls",
                to -> new DriverRequestProxy(to)
                        .attach(
                                1,
                                10_000,
                                42,
                                Role.CONSUMER,
                                0,
                                null,
                                HugepagesPolicy.UNSPECIFIED,
                                DriverRequestProxy.NO_NODE_ID),
                DriverRequestAdapter::new,
                "attach 1 10000 42 2 0 255 0 -1"),
        ATTACH_WITH_WISHES(
                "ShmAttachRequest_producer_full",
                to -> new DriverRequestProxy(to)
                        .attach(
                                CORRELATION_ID,
                                10_000,
                                CLIENT_ID,
                                Role.PRODUCER,
                                1,
                                PublishMode.EXISTING_OR_CREATE,
                                HugepagesPolicy.HUGEPAGES,
                                77),
                DriverRequestAdapter::new,
                "attach " + CORRELATION_ID + " 10000 " + CLIENT_ID + " 1 1 2 2 77"),
        ATTACH_TO_WHAT_IS_THERE(
                "ShmAttachRequest_consumer_existing",
                to -> new DriverRequestProxy(to)
                        .attach(
                                -1,
                                10_000,
                                43,
                                Role.CONSUMER,
                                1,
                                PublishMode.REQUIRE_EXISTING,
                                HugepagesPolicy.STANDARD,
                                0),
                DriverRequestAdapter::new,
                "attach -1 10000 43 2 1 1 1 0"),
        ATTACHED(
                "ShmAttachResponse_ok_pools1",
                to -> new DriverEventProxy(to).attached(CORRELATION_ID, LEASE_ID, EXPIRY_NS, 77, regions(4_096)),
                DriverEventAdapter::new,
                "attached " + CORRELATION_ID + " " + LEASE_ID + " " + EXPIRY_NS + " 77 " + regions(4_096)),
        ATTACHED_WITHOUT_EXPIRY_AND_NODE(
                "ShmAttachResponse_ok_pools3",
                to -> new DriverEventProxy(to)
                        .attached(CORRELATION_ID, LEASE_ID, -1, -1, regions(4_096, 65_536, 1_048_576)),
                DriverEventAdapter::new,
                "attached " + CORRELATION_ID + " " + LEASE_ID + " -1 -1 " + regions(4_096, 65_536, 1_048_576)),
        REFUSED(
                "ShmAttachResponse_rejected_nulls",
                to -> new DriverEventProxy(to).attachRefused(2, ResponseCode.REJECTED, "client_id already attached"),
                DriverEventAdapter::new,
                "refused 2 REJECTED client_id already attached"),
        DETACH(
                "ShmDetachRequest_consumer",
                to -> new DriverRequestProxy(to).detach(3, LEASE_ID, 10_000, 42, Role.CONSUMER),
                DriverRequestAdapter::new,
                "detach 3 " + LEASE_ID + " 10000 42 2"),
        DETACHED(
                "ShmDetachResponse_ok",
                to -> new DriverEventProxy(to).detached(3, ResponseCode.OK, ""),
                DriverEventAdapter::new,
                "detached 3 OK"),
        NOT_DETACHED(
                "ShmDetachResponse_rejected",
                to -> new DriverEventProxy(to).detached(3, ResponseCode.REJECTED, "lease not found"),
                DriverEventAdapter::new,
                "detached 3 REJECTED"),
        KEEPALIVE(
                "ShmLeaseKeepalive_producer",
                to -> new DriverRequestProxy(to).keepalive(LEASE_ID, 10_000, 42, Role.PRODUCER, KEPT_NS),
                DriverRequestAdapter::new,
                "keepalive " + LEASE_ID + " 10000 42 1 " + KEPT_NS),
        REVOKED(
                "ShmLeaseRevoked_expired",
                to -> new DriverEventProxy(to)
                        .leaseRevoked(SAID_NS, LEASE_ID, 10_000, 42, Role.PRODUCER, RevokeReason.EXPIRED),
                DriverEventAdapter::new,
                "revoked " + LEASE_ID + " 10000 42 PRODUCER EXPIRED"),
        SHUTDOWN(
                "ShmDriverShutdown_normal",
                to -> new DriverEventProxy(to).shutdown(SAID_NS, ShutdownReason.NORMAL),
                DriverEventAdapter::new,
                "shutdown");

        private final String file;
        private final Consumer<MessageLog> message;
        private final Function<Heard, FragmentHandler> adapter;
        private final String heard;

        Golden(
                final String file,
                final Consumer<MessageLog> message,
                final Function<Heard, FragmentHandler> adapter,
                final String heard) {
            this.file = "golden/sbe/driver_" + file + ".bin";
            this.message = message;
            this.adapter = adapter;
            this.heard = heard;
        }

        byte[] bytes() throws IOException {
            return Files.readAllBytes(SharedFiles.assumePresent(file));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayItInTheSameBytes(final Golden golden) throws IOException {
        final byte[] expected = golden.bytes();
        final MessageLog log = new MessageLog();

        golden.message.accept(log);

        assertThat(log.take()).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void shouldUnderstandTheSameBytes(final Golden golden) throws IOException {
        final byte[] message = golden.bytes();
        final Heard heard = new Heard();

        golden.adapter.apply(heard).onFragment(new UnsafeBuffer(message), 0, message.length, null);

        assertThat(heard.lines()).containsExactly(golden.heard);
    }
}
