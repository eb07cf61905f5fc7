package io.tensorpool;

import java.util.List;

/**
 * The shared memory of one epoch of one stream, as a driver describes it in an attach response and in each announce
 * (driver specification 4.2, wire specification 10.1.1). The values are as received; whoever maps the regions checks
 * them.
 *
 * @param streamId        unsigned 32-bit id of the stream.
 * @param epoch           unsigned 64-bit epoch.
 * @param layoutVersion   version of the memory layout; 1 is the only one there is.
 * @param nslots          slots of the header ring: a power of two.
 * @param headerRegionUri where the header ring's file is: {@code shm:file?path=...}.
 * @param pools           the payload pools; none is an error of the sender.
 */
public record EpochRegions(
        int streamId, long epoch, int layoutVersion, int nslots, String headerRegionUri, List<PoolRegion> pools) {
    /** The one layout version that this library reads and writes. */
    public static final int LAYOUT_VERSION = 1;

    /** Copies the list. */
    public EpochRegions {
        pools = List.copyOf(pools);
    }
}
