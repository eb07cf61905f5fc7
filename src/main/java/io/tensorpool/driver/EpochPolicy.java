package io.tensorpool.driver;

import io.tensorpool.ConfigurationException;

/**
 * What becomes of the memory of epochs that are over.
 *
 * @param collect         whether it is removed while the driver runs.
 * @param keep            how many epochs of a stream stay, the current one included; at least 1.
 * @param minAgeNs        least time that a past epoch stays; negative for three announce periods.
 * @param collectAtLaunch whether epochs that a killed driver left in the namespace are removed at launch.
 * @param removeAtClose   whether all epochs are removed when the driver closes.
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
            throw new ConfigurationException("policies.epoch_gc_keep = " + keep + ": expected at least 1");
        }
    }
}
