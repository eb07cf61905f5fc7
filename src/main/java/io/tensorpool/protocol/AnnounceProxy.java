package io.tensorpool.protocol;

import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import io.tensorpool.codec.wire.ShmPoolAnnounceEncoder;
import org.agrona.ExpandableArrayBuffer;

/** Announces the memory of streams (wire specification 10.1.1). One thread. */
public final class AnnounceProxy {
    private static final int SLOT_BYTES = 256;

    private final MessageSink sink;
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(4096);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ShmPoolAnnounceEncoder announce = new ShmPoolAnnounceEncoder();

    /**
     * A proxy.
     *
     * @param sink the announce stream.
     */
    public AnnounceProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Announces the current epoch of a stream.
     *
     * @param regions     the epoch.
     * @param producerId  client id of the attached producer, or 0.
     * @param timestampNs now, by that clock.
     * @param clockDomain which clock.
     * @return a position, or Aeron's negative code.
     */
    public long announce(
            final EpochRegions regions, final int producerId, final long timestampNs, final ClockDomain clockDomain) {
        announce.wrapAndApplyHeader(buffer, 0, header)
                .streamId(Integer.toUnsignedLong(regions.streamId()))
                .producerId(Integer.toUnsignedLong(producerId))
                .epoch(regions.epoch())
                .announceTimestampNs(timestampNs)
                .announceClockDomain(io.tensorpool.codec.wire.ClockDomain.get((short) clockDomain.code()))
                .layoutVersion(Integer.toUnsignedLong(regions.layoutVersion()))
                .headerNslots(Integer.toUnsignedLong(regions.nslots()))
                .headerSlotBytes(SLOT_BYTES);
        final ShmPoolAnnounceEncoder.PayloadPoolsEncoder pools =
                announce.payloadPoolsCount(regions.pools().size());
        for (final PoolRegion pool : regions.pools()) {
            pools.next()
                    .poolId(pool.poolId())
                    .poolNslots(Integer.toUnsignedLong(pool.nslots()))
                    .strideBytes(pool.strideBytes())
                    .regionUri(pool.regionUri());
        }
        announce.headerRegionUri(regions.headerRegionUri());
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + announce.encodedLength());
    }
}
