package io.tensorpool.bench;

import io.tensorpool.ConfigurationException;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** The subjects that this program can play itself. */
public final class Roles {
    /** This implementation. */
    public static final String TENSORPOOL = "tensorpool";

    /** Which side of a subject. */
    public enum Side {
        /** Publishes frames. */
        PRODUCE,
        /** Receives them. */
        CONSUME
    }

    private record Pair(BenchRole producer, BenchRole consumer) {}

    private static final Map<String, Pair> PAIRS = Map.of(
            TENSORPOOL,
            new Pair(new TensorPoolProducer(), new TensorPoolConsumer()),
            AeronIpc.NAME,
            new Pair(AeronIpc::produce, AeronIpc::consume),
            DomainSocket.NAME,
            new Pair(DomainSocket::produce, DomainSocket::consume),
            Copy.MEMCPY,
            new Pair(new CopyRole(), Roles::none));

    private Roles() {}

    private static void none(final RoleOptions options, final RoleTalk talk) {
        throw new ConfigurationException(Copy.MEMCPY + " has one side only, produce; not consume");
    }

    static SortedSet<String> names() {
        return new TreeSet<>(PAIRS.keySet());
    }

    /**
     * Plays one side of a subject until its work is done.
     *
     * @param subject by name.
     * @param side    which.
     * @param options of the trial.
     * @param talk    with the coordinator.
     * @throws ConfigurationException if there is no such subject.
     * @throws InterruptedException   if this thread is interrupted.
     */
    public static void play(final String subject, final Side side, final RoleOptions options, final RoleTalk talk)
            throws InterruptedException {
        final Pair pair = PAIRS.get(subject);
        if (pair == null) {
            throw new ConfigurationException("subject '" + subject + "': expected one of " + names());
        }
        (side == Side.PRODUCE ? pair.producer() : pair.consumer()).run(options, talk);
    }
}
