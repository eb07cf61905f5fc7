package io.tensorpool.shm;

import io.tensorpool.PoolSpec;
import java.util.List;

/**
 * An epoch to be made.
 *
 * @param streamId unsigned 32-bit id of the stream.
 * @param epoch    unsigned 64-bit epoch, never used before in its namespace.
 * @param nslots   slots of the header ring and of each pool: a power of two.
 * @param pools    at least one.
 */
public record EpochSpec(int streamId, long epoch, int nslots, List<PoolSpec> pools) {
    /** Copies the list. */
    public EpochSpec {
        pools = List.copyOf(pools);
    }
}
