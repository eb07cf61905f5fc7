package io.tensorpool.system;

import io.tensorpool.client.ConsumerCounts;
import java.util.ArrayList;
import java.util.List;

/** What the consumers of one process saw, over all their stays. Any thread. */
final class HammerSums {
    private static final int MAX_VIOLATIONS = 5;

    private final List<String> violations = new ArrayList<>();
    private long received;
    private long gap;
    private long late;

    synchronized void add(final HammerWatch watch, final ConsumerCounts counts) {
        received += counts.received();
        gap += counts.dropsGap();
        late += counts.dropsLate();
        violations.addAll(watch.violations(counts));
    }

    synchronized String line(final long published, final long stays, final long refusals) {
        return "published " + published + ", stays " + stays + ", refused " + refusals + ", received " + received
                + ", gap " + gap + ", late " + late + ", violations " + violations.size() + ": "
                + violations.stream().limit(MAX_VIOLATIONS).toList();
    }
}
