package io.tensorpool.driver;

import io.tensorpool.EpochRegions;
import io.tensorpool.Role;
import io.tensorpool.protocol.DriverRequestListener;
import org.jspecify.annotations.Nullable;

/** What stands against an attach (driver specification 4.2, 4.3, 4.8 and 5). */
final class AttachRules {
    private final DriverContext context;
    private final LeaseTable leases;
    private final NodeIds nodeIds;

    AttachRules(final DriverContext context, final LeaseTable leases, final NodeIds nodeIds) {
        this.context = context;
        this.leases = leases;
        this.nodeIds = nodeIds;
    }

    /**
     * Checks a request against the present state.
     *
     * @param stream the stream asked for, if it was ever asked for before.
     * @return null if nothing stands against it.
     */
    @Nullable
    Refusal refusalOf(final AttachRequest request, final @Nullable DriverStream stream, final long nowNs) {
        final int layoutVersion = request.expectedLayoutVersion();
        if (layoutVersion != 0
                && layoutVersion != DriverRequestListener.NULL_U32
                && layoutVersion != EpochRegions.LAYOUT_VERSION) {
            return Refusal.LAYOUT_VERSION;
        }
        if (stream == null && !isProvided(request)) {
            return Refusal.NOT_PROVISIONED;
        }
        if (request.hugepagesCode() == AttachRequest.HUGEPAGES && !context.requireHugepages()) {
            return Refusal.NO_HUGEPAGES;
        }
        if (request.hugepagesCode() == AttachRequest.STANDARD_PAGES && context.requireHugepages()) {
            return Refusal.NO_STANDARD_PAGES;
        }
        if (leases.ofClient(request.clientId()) != null) {
            return Refusal.CLIENT_ATTACHED;
        }
        if (request.role() == Role.PRODUCER
                && stream != null
                && (stream.producer() != null || stream.awaitsOtherProducer(request))) {
            return Refusal.PRODUCER_ATTACHED;
        }
        if (request.desiredNodeId() != NodeIds.NONE && !nodeIds.isFree(request.desiredNodeId(), nowNs)) {
            return Refusal.NODE_ID;
        }
        return null;
    }

    /** A configured stream is there for all; a dynamic one may be made by those who allow it. */
    private boolean isProvided(final AttachRequest request) {
        return context.streamPlan().isConfigured(request.streamId())
                || (request.mayCreate() && context.streamPlan().profileOf(request.streamId()) != null);
    }
}
