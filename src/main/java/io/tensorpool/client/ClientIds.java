package io.tensorpool.client;

import java.util.random.RandomGenerator;

/**
 * Hands out client ids and correlation ids. Correlation ids start at a random number, so that an answer to an earlier
 * process is not taken for ours (driver specification, appendix B). Conductor's thread only.
 */
final class ClientIds {
    private final RandomGenerator random;
    private final boolean areChosen;
    private int nextConfigured;
    private long nextCorrelationId;

    /**
     * Ids of one client.
     *
     * @param configured the first client id, or 0 to choose.
     * @param random     source of those that are chosen.
     */
    ClientIds(final int configured, final RandomGenerator random) {
        this.random = random;
        areChosen = configured == 0;
        nextConfigured = configured;
        nextCorrelationId = random.nextLong();
    }

    /** Whether ids are chosen here; a collision then asks for another one (appendix B.2). */
    boolean areChosen() {
        return areChosen;
    }

    int nextClientId() {
        if (!areChosen) {
            final int id = nextConfigured++;
            return id == 0 ? nextConfigured++ : id;
        }
        int id = random.nextInt();
        while (id == 0) {
            id = random.nextInt();
        }
        return id;
    }

    long nextCorrelationId() {
        return nextCorrelationId++;
    }
}
