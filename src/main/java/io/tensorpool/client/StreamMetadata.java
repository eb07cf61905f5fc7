package io.tensorpool.client;

import io.tensorpool.MetadataAttribute;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of a stream's metadata, whole (wire specification 10.3.2).
 *
 * @param streamId    unsigned 32-bit id of the stream.
 * @param version     that frames refer to, unsigned.
 * @param timestampNs when it was made, on the source's clock.
 * @param attributes  no key twice; immutable.
 */
public record StreamMetadata(int streamId, int version, long timestampNs, List<MetadataAttribute> attributes) {
    /**
     * The attribute with a key.
     *
     * @param key to be looked for.
     * @return null if there is none.
     */
    public @Nullable MetadataAttribute attribute(final String key) {
        for (final MetadataAttribute attribute : attributes) {
            if (attribute.key().equals(key)) {
                return attribute;
            }
        }
        return null;
    }
}
