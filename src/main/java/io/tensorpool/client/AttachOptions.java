package io.tensorpool.client;

import io.tensorpool.EpochRegions;
import io.tensorpool.HugepagesPolicy;
import io.tensorpool.PublishMode;
import io.tensorpool.Role;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link DriverClient} asks a driver for (driver specification 4.2 and 4.3).
 *
 * @param streamId              unsigned 32-bit id.
 * @param role                  producer or consumer.
 * @param clientId              unsigned, held by one lease at a time; 0 to choose one.
 * @param publishMode           whether the stream may be created; null leaves it to the driver.
 * @param expectedLayoutVersion of the regions; 0 for any.
 * @param hugepages             wanted pages.
 * @param desiredNodeId         for trace ids, unsigned; {@link AttachmentStatus#NO_NODE_ID} for no wish.
 */
public record AttachOptions(
        int streamId,
        Role role,
        int clientId,
        @Nullable PublishMode publishMode,
        int expectedLayoutVersion,
        HugepagesPolicy hugepages,
        int desiredNodeId) {
    /**
     * A chosen client id, a stream that may be created, our layout version, whatever pages, no wish for a node id.
     *
     * @param streamId unsigned 32-bit id.
     * @param role     producer or consumer.
     * @return the options.
     */
    public static AttachOptions of(final int streamId, final Role role) {
        return new AttachOptions(
                streamId,
                role,
                0,
                PublishMode.EXISTING_OR_CREATE,
                EpochRegions.LAYOUT_VERSION,
                HugepagesPolicy.UNSPECIFIED,
                AttachmentStatus.NO_NODE_ID);
    }

    /**
     * The same as another client.
     *
     * @param id unsigned; 0 to choose one.
     * @return the options.
     */
    public AttachOptions withClientId(final int id) {
        return new AttachOptions(streamId, role, id, publishMode, expectedLayoutVersion, hugepages, desiredNodeId);
    }

    /**
     * The same with another publish mode.
     *
     * @param mode null leaves it to the driver.
     * @return the options.
     */
    public AttachOptions withPublishMode(final @Nullable PublishMode mode) {
        return new AttachOptions(streamId, role, clientId, mode, expectedLayoutVersion, hugepages, desiredNodeId);
    }

    /**
     * The same with another expected layout version.
     *
     * @param version 0 for any.
     * @return the options.
     */
    public AttachOptions withExpectedLayoutVersion(final int version) {
        return new AttachOptions(streamId, role, clientId, publishMode, version, hugepages, desiredNodeId);
    }

    /**
     * The same with other pages.
     *
     * @param policy wanted.
     * @return the options.
     */
    public AttachOptions withHugepages(final HugepagesPolicy policy) {
        return new AttachOptions(streamId, role, clientId, publishMode, expectedLayoutVersion, policy, desiredNodeId);
    }

    /**
     * The same with a wish for a node id.
     *
     * @param nodeId unsigned; {@link AttachmentStatus#NO_NODE_ID} for none.
     * @return the options.
     */
    public AttachOptions withDesiredNodeId(final int nodeId) {
        return new AttachOptions(streamId, role, clientId, publishMode, expectedLayoutVersion, hugepages, nodeId);
    }
}
