package io.tensorpool.shm;

import org.jspecify.annotations.Nullable;

/**
 * The highest epoch ever issued in a namespace, as the name of an empty directory: files on hugetlbfs take no writes, so that
 * its {@link EpochLedger} stays empty there. The next name is made before the one before it goes; of two, the higher counts.
 */
final class EpochName {
    private static final String PREFIX = "highest.";

    private final Directory root;
    private long highest;

    /** Reads what names there are. */
    EpochName(final Directory root) {
        this.root = root;
        for (final String name : root.names()) {
            final Long epoch = epochOf(name);
            if (epoch != null && Long.compareUnsigned(epoch, highest) > 0) {
                highest = epoch;
            }
        }
    }

    long highest() {
        return highest;
    }

    /** Makes the name of an epoch, unless a higher one was made before. */
    void record(final long epoch) {
        if (Long.compareUnsigned(epoch, highest) <= 0) {
            return;
        }
        root.make(PREFIX + Long.toUnsignedString(epoch));
        highest = epoch;
        for (final String name : root.names()) {
            final Long other = epochOf(name);
            if (other != null && other.longValue() != epoch) {
                root.deleteIfEmpty(name);
            }
        }
    }

    private static @Nullable Long epochOf(final String name) {
        return name.startsWith(PREFIX) ? DriverNamespace.epochOf(name.substring(PREFIX.length())) : null;
    }
}
