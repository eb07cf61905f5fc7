package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.logbuffer.BufferClaim;
import io.aeron.protocol.DataHeaderFlyweight;
import io.tensorpool.Role;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.driver.LeaseInfo;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.MessageSink;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.support.AeronCounters;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.system.RawClients.Held;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random and disfigured messages on the control stream, among valid ones, against a real media driver. */
@Timeout(120)
class HostileMessagesTest {
    private static final int MESSAGES = 10_000;
    private static final int VALID_EACH = 10;
    private static final int KEPT = 6;
    private static final int SILENT = 6;
    private static final int STREAM_ID = SystemContexts.STREAM_ID;
    private static final long KEEPALIVE_NS = TimeUnit.MILLISECONDS.toNanos(300);
    /** Far from the victims' ids, which are small: a victim's request that is disfigured does not come here. */
    private static final int FIRST_GUEST = 0x5A5A_0000;

    private static final int MAX_LENGTH = 300;
    private static final int ANY_NODE = DriverRequestProxy.NO_NODE_ID;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final List<Throwable> errors = new CopyOnWriteArrayList<>();
    private final EncodedMessage encoded = new EncodedMessage();
    private final DriverRequestProxy encoder = new DriverRequestProxy(encoded);
    /** Valid requests and what is expected in answer to them. */
    private final Map<Long, String> expected = new HashMap<>();

    private int nextClientId = FIRST_GUEST;

    /** Catches a message where a publication would send it. */
    private static final class EncodedMessage implements MessageSink {
        private static final int HEADER = DataHeaderFlyweight.HEADER_LENGTH;
        private final UnsafeBuffer frame = new UnsafeBuffer(new byte[1024]);

        @Override
        public long tryClaim(final int length, final BufferClaim claim) {
            frame.wrap(new byte[HEADER + length]);
            claim.wrap(frame, 0, HEADER + length);
            return 1;
        }

        @Override
        public long offer(final DirectBuffer buffer, final int offset, final int length) {
            frame.wrap(new byte[HEADER + length]);
            frame.putBytes(HEADER, buffer, offset, length);
            return 1;
        }

        byte[] take() {
            final byte[] message = new byte[frame.capacity() - HEADER];
            frame.getBytes(HEADER, message);
            return message;
        }
    }

    /**
     * Leases of the clients of this test: some are kept alive, and must be there at the end; some are not, and must expire
     * although keepalives that do not quite mean them come in all the time.
     */
    @Test
    void shouldNeitherStopNorTouchALeaseThatIsNotAddressed() {
        System.out.println("seed " + seed);
        try (ShmDirectory base = ShmDirectory.create();
                EmbeddedMediaDriver mediaDriver =
                        EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
                TensorPoolDriver driver =
                        TensorPoolDriver.launch(SystemContexts.driver(mediaDriver.aeronDirectoryName(), base.path())
                                .shutdownToken("the right token")
                                .keepaliveIntervalNs(2 * KEEPALIVE_NS)
                                .expiryGraceIntervals(5)
                                .errorHandler(errors::add));
                AeronCounters counters = new AeronCounters(mediaDriver.aeronDirectoryName());
                RawClients kept = new RawClients(mediaDriver.aeronDirectoryName());
                RawClients silent = new RawClients(mediaDriver.aeronDirectoryName());
                TensorPoolClient client = TensorPoolClient.connect(
                        SystemContexts.client(mediaDriver.aeronDirectoryName(), base.path(), SystemContexts.PERIOD_NS)
                                .errorHandler(errors::add));
                Producer producer = client.addProducer(STREAM_ID + 100);
                Consumer consumer = client.addConsumer(STREAM_ID + 100)) {
            final List<Held> victims = new ArrayList<>(hold(kept, KEPT, 1));
            victims.addAll(hold(silent, SILENT, 101));
            final Set<Long> keptLeases = Set.copyOf(kept.held().keySet());

            for (int i = 0; i < MESSAGES; i++) {
                send(kept, hostile(victims));
                if (i % VALID_EACH == 0) {
                    sendValid(kept);
                }
                kept.work(KEEPALIVE_NS);
                silent.poll();
            }
            kept.await(
                    "all valid requests are answered",
                    KEEPALIVE_NS,
                    () -> kept.answers().keySet().containsAll(expected.keySet()));
            kept.await("the silent leases expire", KEEPALIVE_NS, () -> {
                silent.poll();
                return silent.held().isEmpty();
            });

            assertThat(silent.revocations()).hasSize(SILENT).allMatch(line -> line.endsWith(" EXPIRED"));
            expected.forEach((id, answer) ->
                    assertThat(kept.answers().get(id)).as("answer to %d", id).containsExactly(answer));
            assertThat(kept.revocations()).isEmpty();
            assertThat(leaseIds(driver))
                    .containsAll(keptLeases)
                    .containsAll(kept.held().keySet());
            List.of(
                            "malformed requests: lengths",
                            "malformed requests: newer schema version",
                            "keepalives of no active lease",
                            "shutdown requests refused")
                    .forEach(label -> counters.awaitAtLeast(label, 1));
            assertThat(driver.ended()).isNotDone();
            new FrameLog().awaitFlow(producer, consumer);
            assertThat(errors).isEmpty();
        }
    }

    private List<Held> hold(final RawClients clients, final int count, final int firstClientId) {
        final List<Held> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final Role role = i % 2 == 0 ? Role.PRODUCER : Role.CONSUMER;
            held.add(clients.hold(STREAM_ID + firstClientId + i / 2, firstClientId + i, role));
        }
        return held;
    }

    private static Set<Long> leaseIds(final TensorPoolDriver driver) {
        return driver.leases().join().stream().map(LeaseInfo::leaseId).collect(Collectors.toCollection(HashSet::new));
    }

    private void send(final RawClients clients, final byte[] message) {
        final UnsafeBuffer buffer = new UnsafeBuffer(message);
        clients.send(() -> clients.publication().offer(buffer, 0, message.length));
    }

    /** An attach of a new client, or a detach of one that came so; or one that has a known refusal. */
    private void sendValid(final RawClients clients) {
        final List<Held> guests = clients.held().values().stream()
                .filter(lease -> lease.clientId() >= FIRST_GUEST)
                .toList();
        switch (random.nextInt(4)) {
            case 0 -> expected.put(clients.attach(STREAM_ID + 200, nextClientId++, Role.CONSUMER), "OK");
            case 1 ->
                expected.put(clients.attach(7, nextClientId++, Role.CONSUMER), "REJECTED: stream not provisioned");
            case 2 ->
                expected.put(clients.attach(STREAM_ID + 200, 1, Role.CONSUMER), "REJECTED: client_id already attached");
            default -> {
                if (!guests.isEmpty()) {
                    expected.put(clients.detach(guests.get(random.nextInt(guests.size()))), "detached OK");
                }
            }
        }
    }

    private byte[] hostile(final List<Held> victims) {
        final Held victim = victims.get(random.nextInt(victims.size()));
        return switch (random.nextInt(5)) {
            case 0 -> bytes(random.nextInt(MAX_LENGTH));
            case 1 -> withHeader(bytes(8 + random.nextInt(MAX_LENGTH)));
            case 2 -> nearMiss(victim);
            case 3 -> inOtherRole(victim);
            default -> disfigured(nearMiss(victim));
        };
    }

    private byte[] bytes(final int length) {
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Random behind a header of the driver's schema, of any message, in our version or a near one. */
    private byte[] withHeader(final byte[] bytes) {
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        buffer.putShort(0, (short) random.nextInt(64), ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(2, (short) random.nextInt(10), ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(4, (short) 901, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(6, (short) random.nextInt(3), ByteOrder.LITTLE_ENDIAN);
        return bytes;
    }

    /**
     * A whole message that means a lease but for one field, of which so many bits are wrong that disfiguring it will not put
     * it right; or a request with the victim's client id; or one to end, with a wrong token.
     */
    private byte[] nearMiss(final Held victim) {
        final int wrong = random.nextInt() | 0x1010_1010;
        final long id = random.nextLong() | 1L << 62;
        switch (random.nextInt(9)) {
            case 0 -> keepalive(victim.leaseId() ^ wrong, victim.streamId(), victim.clientId(), victim.role());
            case 1 -> keepalive(victim.leaseId(), victim.streamId() ^ wrong, victim.clientId(), victim.role());
            case 2 -> keepalive(victim.leaseId(), victim.streamId(), victim.clientId() ^ wrong, victim.role());
            case 3 -> detach(id, victim.leaseId() ^ wrong, victim.streamId(), victim.clientId(), victim.role());
            case 4 -> detach(id, victim.leaseId(), victim.streamId() ^ wrong, victim.clientId(), victim.role());
            case 5 -> detach(id, victim.leaseId(), victim.streamId(), victim.clientId() ^ wrong, victim.role());
            case 6 -> encoder.attach(id, victim.streamId(), victim.clientId(), victim.role(), 1, ANY_NODE);
            case 7 -> encoder.attach(id, victim.streamId(), wrong, Role.PRODUCER, 1, ANY_NODE);
            default -> encoder.shutdown(id, ShutdownReason.ADMIN, "the wrong token " + wrong);
        }
        return encoded.take();
    }

    /** Two bits from valid, so that disfiguring it might put it right. */
    private byte[] inOtherRole(final Held victim) {
        final Role other = victim.role() == Role.PRODUCER ? Role.CONSUMER : Role.PRODUCER;
        if (random.nextBoolean()) {
            detach(random.nextLong() | 1L << 62, victim.leaseId(), victim.streamId(), victim.clientId(), other);
        } else {
            keepalive(victim.leaseId(), victim.streamId(), victim.clientId(), other);
        }
        return encoded.take();
    }

    private void keepalive(final long leaseId, final int streamId, final int clientId, final Role role) {
        encoder.keepalive(leaseId, streamId, clientId, role, System.nanoTime());
    }

    private void detach(final long id, final long leaseId, final int streamId, final int clientId, final Role role) {
        encoder.detach(id, leaseId, streamId, clientId, role);
    }

    /** Some bytes changed, cut short, or with something appended. */
    private byte[] disfigured(final byte[] message) {
        final byte[] changed = switch (random.nextInt(3)) {
            case 0 -> Arrays.copyOf(message, random.nextInt(message.length + 1));
            case 1 -> Arrays.copyOf(message, message.length + random.nextInt(40));
            default -> message.clone();
        };
        for (int i = random.nextInt(4); i > 0 && changed.length > 0; i--) {
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
        }
        return changed;
    }
}
