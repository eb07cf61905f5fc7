package io.tensorpool;

/**
 * What becomes of the memory of epochs that are over.
 *
 * @param collect         whether it is removed while their owner (a driver, or a producer without one) runs.
 * @param keep            how many epochs of a stream stay, the current one included; at least 1.
 * @param minAgeNs        least time that a past epoch stays; negative for three announce periods.
 * @param collectAtLaunch whether epochs that a killed owner left in the namespace are removed at launch.
 * @param removeAtClose   whether all epochs are removed when the owner closes.
 */
public record EpochPolicy(boolean collect, int keep, long minAgeNs, boolean collectAtLaunch, boolean removeAtClose) {
    /** Collects, keeps two, for three announce periods; removes all of the namespace at the end. */
    public static final EpochPolicy DEFAULT = new EpochPolicy(true, 2, -1, false, true);

    /**
     * Checks the number.
     *
     * @throws ConfigurationException if {@code keep} is less than 1.
     */
    public EpochPolicy {
        if (keep < 1) {
            throw new ConfigurationException("epochs to keep = " + keep + ": expected at least 1");
        }
    }

    /**
     * Least time that a past epoch stays, in an owner that announces so often.
     *
     * @param announcePeriodNs of the owner.
     * @return as set, else three periods.
     */
    public long minAgeNs(final long announcePeriodNs) {
        return minAgeNs < 0 ? 3 * announcePeriodNs : minAgeNs;
    }
}
