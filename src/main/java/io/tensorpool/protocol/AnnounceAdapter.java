package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import io.tensorpool.codec.wire.ShmPoolAnnounceDecoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/** Reads announces; whatever else shares their stream is ignored. One thread. */
public final class AnnounceAdapter implements FragmentHandler {
    private static final int SLOT_BYTES = 256;

    private final AnnounceListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ShmPoolAnnounceDecoder announce = new ShmPoolAnnounceDecoder();
    private final SchemaGate gate = new SchemaGate(
                    ShmPoolAnnounceDecoder.SCHEMA_ID, ShmPoolAnnounceDecoder.SCHEMA_VERSION)
            .templateWithGroup(
                    ShmPoolAnnounceDecoder.TEMPLATE_ID,
                    ShmPoolAnnounceDecoder.BLOCK_LENGTH,
                    ShmPoolAnnounceDecoder.PayloadPoolsDecoder.sbeBlockLength(),
                    1,
                    1);
    private long invalid;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public AnnounceAdapter(final AnnounceListener listener) {
        this.listener = listener;
    }

    /**
     * Announces that could not be read, of an unknown clock, or of slots that are not 256 bytes.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + invalid;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) != ShmPoolAnnounceDecoder.TEMPLATE_ID) {
            return;
        }
        announce.wrapAndApplyHeader(buffer, offset, header);
        final ClockDomain clockDomain = ClockDomain.fromCode(announce.announceClockDomainRaw());
        if (announce.headerSlotBytes() != SLOT_BYTES || clockDomain == null) {
            invalid++;
            return;
        }
        final List<PoolRegion> pools = new ArrayList<>();
        for (final ShmPoolAnnounceDecoder.PayloadPoolsDecoder pool : announce.payloadPools()) {
            pools.add(new PoolRegion(pool.poolId(), (int) pool.poolNslots(), pool.strideBytes(), pool.regionUri()));
        }
        final EpochRegions regions = new EpochRegions(
                (int) announce.streamId(),
                announce.epoch(),
                (int) announce.layoutVersion(),
                (int) announce.headerNslots(),
                announce.headerRegionUri(),
                pools);
        listener.onAnnounce(regions, (int) announce.producerId(), announce.announceTimestampNs(), clockDomain);
    }
}
