package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.LEASE_NS;
import static io.tensorpool.driver.DriverRig.OTHER_STREAM_ID;
import static io.tensorpool.driver.DriverRig.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Role;
import io.tensorpool.support.ShmDirectory;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a driver makes of leases and epochs when Aeron closes its client, and of what it was about to say. */
class DriverLostAeronTest {
    private final ShmDirectory directory = ShmDirectory.create();
    private final DriverRig rig = new DriverRig(directory.path());

    @AfterEach
    void close() {
        rig.close();
        directory.close();
        assertThat(rig.errors).isEmpty();
    }

    /** While there is no Aeron client nothing can be sent. */
    private List<String> loseAndRestore(final long afterNs) {
        rig.aeronLosses++;
        rig.events.backPressured(true);
        assertThat(rig.run()).isEmpty();
        assertThat(rig.run(afterNs)).isEmpty();
        rig.events.backPressured(false);
        return rig.run();
    }

    /** Whoever gave an order before the given client was closed must not wait for its answer for ever. */
    @Test
    void shouldAnswerOrdersThatWaitedWhenThereIsNoAeronAnyMore() {
        final CompletableFuture<?> leases = rig.conductor.leases();
        final CompletableFuture<?> revoked = rig.conductor.revoke(1);
        rig.isAeronGone = true;

        rig.conductor.doWork();

        assertThat(leases).isCompletedExceptionally();
        assertThat(revoked).isCompletedExceptionally();
        assertThat(rig.conductor.leases()).isCompletedExceptionally();
        assertThat(rig.errors).singleElement().asString().contains("the Aeron client that it was given was closed");
        rig.errors.clear();
    }

    /** Nobody could prove a lease, and no two producers may have one epoch. */
    @Test
    void shouldEndEveryLeaseAndTellSoBeforeTheNextEpoch() {
        rig.attachProducer();
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        assertThat(rig.run()).containsExactly("attached 1 lease 2 e1");

        final List<String> said = loseAndRestore(0);

        assertThat(said.subList(0, 2))
                .containsExactlyInAnyOrder(
                        "revoked lease 1 of 5 as PRODUCER on 10000: REVOKED",
                        "revoked lease 2 of 6 as CONSUMER on 10000: REVOKED");
        assertThat(said.subList(2, said.size())).containsExactly("announce e2 producer 0 at 0 ms");
        rig.attach(2, STREAM_ID, 5, Role.PRODUCER);
        assertThat(rig.run()).containsExactly("attached 2 lease 3 e3", "announce e3 producer 5 at 0 ms");
    }

    /** Whoever comes back finds an announce that is not old. */
    @Test
    void shouldAnnounceAnewHoweverLongItLasted() {
        rig.attachProducer();

        final List<String> said = loseAndRestore(10 * LEASE_NS);

        assertThat(said).startsWith("revoked lease 1 of 5 as PRODUCER on 10000: REVOKED");
        assertThat(said).last().isEqualTo("announce e2 producer 0 at " + 10 * LEASE_NS / 1_000_000 + " ms");
    }

    /** The clients that asked are not there any more under that correlation id, nor have they heard of the lease. */
    @Test
    void shouldAnswerNobodyWhoAskedBefore() {
        rig.files.hold();
        rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
        rig.run();
        rig.events.backPressured(true);
        rig.detach(2, 77, 9, Role.CONSUMER);
        rig.attach(3, OTHER_STREAM_ID, 0, Role.CONSUMER);
        rig.run();

        rig.files.release();
        final List<String> said = loseAndRestore(0);

        assertThat(said)
                .noneMatch(line ->
                        line.startsWith("attached") || line.startsWith("detached") || line.startsWith("refused"));
        rig.attach(4, STREAM_ID, 5, Role.PRODUCER);
        assertThat(rig.run()).anyMatch(line -> line.startsWith("attached 4 lease 1 "));
    }

    @Test
    void shouldEndItsLeasesAgainAtEachLoss() {
        for (int i = 1; i <= 3; i++) {
            rig.attach(i, STREAM_ID, 5, Role.PRODUCER);
            assertThat(rig.run()).anyMatch(line -> line.startsWith("attached"));

            assertThat(loseAndRestore(0)).startsWith("revoked lease " + i + " of 5 as PRODUCER on 10000: REVOKED");
        }
    }
}
