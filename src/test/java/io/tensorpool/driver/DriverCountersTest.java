package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.LEASE_NS;
import static io.tensorpool.driver.DriverRig.OTHER_STREAM_ID;
import static io.tensorpool.driver.DriverRig.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.EpochPolicy;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.MessageHeaderEncoder;
import io.tensorpool.codec.driver.ShmAttachRequestEncoder;
import io.tensorpool.codec.driver.ShmLeaseKeepaliveEncoder;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.runtime.ServiceCounters;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a driver counts, each by what happens to it. */
class DriverCountersTest {
    private static final EpochPolicy KEEP_ONE = new EpochPolicy(true, 1, LEASE_NS, false, true);

    private final ShmDirectory directory = ShmDirectory.create();
    private final DriverRig rig =
            new DriverRig(directory.path(), DriverRig.context().epochPolicy(KEEP_ONE), 1_000, true);
    private Map<String, Long> before = rig.counters.values();

    @AfterEach
    void close() {
        rig.close();
        directory.close();
    }

    /** What has changed since the last time, and by how much. */
    private Map<String, Long> changes() {
        final Map<String, Long> after = rig.counters.values();
        final Map<String, Long> changes = new HashMap<>();
        after.forEach((label, value) -> {
            final long change = value - before.get(label);
            if (change != 0) {
                changes.put(label, change);
            }
        });
        before = after;
        return changes;
    }

    private void attachBoth() {
        rig.attachProducer();
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        changes();
    }

    @Test
    void shouldBeginWithNothing() {
        assertThat(before)
                .hasSize(29)
                .allSatisfy((label, value) -> assertThat(value).as(label).isZero());
    }

    @Test
    void shouldCountLeasesAndTheMemoryMadeForThem() {
        rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
        rig.run();
        assertThat(changes())
                .containsOnly(
                        Map.entry("attaches answered OK", 1L),
                        Map.entry("active leases producer", 1L),
                        Map.entry("announces", 1L),
                        Map.entry("epochs made", 1L),
                        Map.entry("bytes allocated for producers", DriverRig.PROFILE.payloadBytes()));

        rig.attach(2, STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        assertThat(changes())
                .containsOnly(Map.entry("attaches answered OK", 1L), Map.entry("active leases consumer", 1L));

        rig.attach(3, OTHER_STREAM_ID, 7, Role.CONSUMER);
        rig.run();
        assertThat(changes())
                .as("an epoch without a producer is sparse")
                .containsOnly(
                        Map.entry("attaches answered OK", 1L),
                        Map.entry("active leases consumer", 1L),
                        Map.entry("announces", 1L),
                        Map.entry("epochs made", 1L));
    }

    @Test
    void shouldCountHowLeasesEnd() {
        attachBoth();

        rig.detach(1, 2, 6, Role.CONSUMER);
        rig.run();
        assertThat(changes()).containsOnly(Map.entry("active leases consumer", -1L), Map.entry("leases detached", 1L));

        rig.conductor.revoke(1);
        rig.run();
        assertThat(changes())
                .containsOnly(
                        Map.entry("active leases producer", -1L),
                        Map.entry("leases revoked", 1L),
                        Map.entry("announces", 1L),
                        Map.entry("epochs made", 1L));

        rig.attach(2, STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        changes();
        rig.run(LEASE_NS);
        assertThat(changes())
                .containsOnly(
                        Map.entry("active leases consumer", -1L),
                        Map.entry("leases expired", 1L),
                        Map.entry("announces", 1L),
                        Map.entry("epoch directories removed", 1L));
    }

    @Test
    void shouldCountRefusalsByCode() throws IOException {
        attachBoth();
        rig.attach(1, STREAM_ID, 7, Role.PRODUCER);
        rig.run();
        assertThat(changes()).containsOnly(Map.entry("attaches answered REJECTED", 1L));

        rig.attach(2, STREAM_ID, 0, Role.CONSUMER);
        rig.run();
        assertThat(changes()).containsOnly(Map.entry("attaches answered INVALID_PARAMS", 1L));

        final Path blocked = directory.path().resolve("tensorpool-test/default/" + OTHER_STREAM_ID);
        Files.createFile(blocked);
        rig.attach(3, OTHER_STREAM_ID, 7, Role.PRODUCER);
        rig.run();
        Files.delete(blocked);
        assertThat(changes())
                .containsOnly(
                        Map.entry("attaches answered INTERNAL_ERROR", 1L),
                        Map.entry("epochs that could not be made", 1L));
    }

    @Test
    void shouldCountMessagesThatItCannotReadByCause() {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[128]);
        final MessageHeaderEncoder header = new MessageHeaderEncoder();
        new ShmAttachRequestEncoder().wrapAndApplyHeader(buffer, 0, header).correlationId(31);
        header.version(2);
        rig.requests.offer(buffer, 0, 64);
        rig.run();
        assertThat(changes())
                .containsOnly(
                        Map.entry("attaches answered UNSUPPORTED", 1L),
                        Map.entry("malformed requests: newer schema version", 1L));

        header.version(1);
        rig.requests.offer(buffer, 0, 20);
        rig.run();
        assertThat(changes())
                .containsOnly(
                        Map.entry("attaches answered INVALID_PARAMS", 1L),
                        Map.entry("malformed requests: lengths", 1L));

        new ShmLeaseKeepaliveEncoder().wrapAndApplyHeader(buffer, 0, header);
        rig.requests.offer(buffer, 0, 20);
        header.version(2);
        rig.requests.offer(buffer, 0, 64);
        rig.run();
        assertThat(changes())
                .as("what is not answered is counted, too")
                .containsOnly(
                        Map.entry("malformed requests: newer schema version", 1L),
                        Map.entry("malformed requests: lengths", 1L));
    }

    @Test
    void shouldCountKeepalivesOfNobodyAndUnauthorizedRequests() {
        attachBoth();
        rig.client.keepalive(1, STREAM_ID, 5, Role.PRODUCER, 0);
        rig.client.keepalive(1, STREAM_ID, 6, Role.PRODUCER, 0);
        rig.client.keepalive(99, STREAM_ID, 5, Role.PRODUCER, 0);
        rig.client.shutdown(1, ShutdownReason.ADMIN, "guess");
        rig.run();

        assertThat(changes())
                .containsOnly(
                        Map.entry("keepalives of no active lease", 2L), Map.entry("shutdown requests refused", 1L));
    }

    @Test
    void shouldCountMessagesThatWaitedTooLongBehindOthers() {
        rig.events.backPressured(true);
        for (int i = 0; i < EventOutbox.CAPACITY; i++) {
            rig.detach(i, 99, 5, Role.PRODUCER);
        }
        while (!rig.requests.isEmpty()) {
            rig.conductor.doWork();
        }
        assertThat(changes()).isEmpty();

        rig.detach(-1, 99, 5, Role.PRODUCER);
        rig.run();

        assertThat(changes()).containsOnly(Map.entry("messages dropped unsent", 1L));
        rig.events.backPressured(false);
        assertThat(rig.run())
                .as("the oldest went")
                .hasSize(EventOutbox.CAPACITY)
                .startsWith("detached 1 REJECTED")
                .endsWith("detached -1 REJECTED");
    }

    @Test
    void shouldCountAMessageThatCanNeverBeSent() {
        rig.events.throwing(new IllegalArgumentException("message exceeds maxMessageLength"));
        rig.detach(1, 99, 5, Role.PRODUCER);
        rig.run();

        assertThat(changes()).containsOnly(Map.entry("messages dropped unsent", 1L));
        assertThat(rig.errors).singleElement().asString().contains("maxMessageLength");
        rig.events.throwing(null);
    }

    @Test
    void shouldKeepTheLongestDutyCycle() {
        final DriverCounters counters = new DriverCounters(new ServiceCounters(null, "test"));
        counters.onDutyCycle(5);
        counters.onDutyCycle(7);
        counters.onDutyCycle(6);

        assertThat(counters.values()).containsEntry("longest duty cycle ns", 7L);
    }

    @Test
    void shouldMeasureItsDutyCycles() {
        rig.onDutyCycle(() -> rig.clock.advance(1_234));
        rig.conductor.doWork();
        rig.onDutyCycle(() -> {});
        rig.conductor.doWork();

        assertThat(changes()).containsOnly(Map.entry("longest duty cycle ns", 1_234L));
        assertThat(rig.timings.get(DriverTimings.Kind.DUTY_CYCLE)).containsExactly(1_234L, 0L);
    }
}
