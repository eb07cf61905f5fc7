package io.tensorpool.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Role;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LeaseTableTest {
    private static final long DURATION_NS = 1_000;

    private final LeaseTable leases = new LeaseTable(1);
    private int lastClientId;

    private Lease grant(final long nowNs) {
        final AttachRequest request =
                new AttachRequest(1, nowNs, 10_000, ++lastClientId, Role.CONSUMER, 1, true, 0, NodeIds.NONE);
        return leases.grant(request, NodeIds.NONE, nowNs, nowNs + DURATION_NS);
    }

    @Test
    void shouldFindALeaseByItsIdAndItsClientUntilItIsRemoved() {
        final Lease lease = grant(0);
        assertThat(leases.find(lease.leaseId())).isSameAs(lease);
        assertThat(leases.ofClient(lease.clientId())).isSameAs(lease);
        assertThat(leases.all()).containsExactly(lease);

        leases.remove(lease);

        assertThat(leases.find(lease.leaseId())).isNull();
        assertThat(leases.ofClient(lease.clientId())).isNull();
        assertThat(leases.size()).isZero();
        assertThat(grant(0).leaseId()).as("never used again").isGreaterThan(lease.leaseId());
    }

    @Test
    void shouldExpireAcrossTheOverflowOfTheClock() {
        final long nowNs = Long.MAX_VALUE - 10;
        final Lease lease = grant(nowNs);

        assertThat(leases.expired(nowNs + DURATION_NS - 1)).isEmpty();
        assertThat(leases.expired(nowNs + DURATION_NS)).containsExactly(lease);
    }

    @Test
    void shouldNameAnExpiredLeaseUntilItIsRemoved() {
        final Lease lease = grant(0);
        assertThat(leases.expired(DURATION_NS)).containsExactly(lease);
        assertThat(leases.expired(DURATION_NS)).containsExactly(lease);

        leases.remove(lease);

        assertThat(leases.expired(DURATION_NS)).isEmpty();
    }

    /** Against a table that looks through all leases each time. */
    @Test
    void shouldExpireEachLeaseAtItsTimeWhateverHappensToTheOthers() {
        final long seed = System.nanoTime();
        System.out.println("LeaseTableTest seed " + seed);
        final Random random = new Random(seed);
        final Map<Lease, Long> expected = new HashMap<>();
        long nowNs = 0;
        for (int i = 0; i < 20_000; i++) {
            nowNs += random.nextInt(100);
            final Set<Lease> due = new HashSet<>();
            for (final Map.Entry<Lease, Long> lease : expected.entrySet()) {
                if (lease.getValue() <= nowNs) {
                    due.add(lease.getKey());
                }
            }
            assertThat(leases.expired(nowNs)).as("seed %d, step %d", seed, i).hasSameElementsAs(due);
            due.forEach(leases::remove);
            expected.keySet().removeAll(due);
            switch (random.nextInt(4)) {
                case 0 -> expected.put(grant(nowNs), nowNs + DURATION_NS);
                case 1, 2 -> {
                    for (final Map.Entry<Lease, Long> lease : expected.entrySet()) {
                        if (random.nextBoolean()) {
                            lease.getKey().onKeepalive(nowNs, nowNs + DURATION_NS);
                            lease.setValue(nowNs + DURATION_NS);
                        }
                    }
                }
                default ->
                    expected.keySet().stream().findAny().ifPresent(lease -> {
                        leases.remove(lease);
                        expected.remove(lease);
                    });
            }
        }
    }
}
