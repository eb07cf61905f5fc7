package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import io.tensorpool.layout.SuperblockLayout;
import io.tensorpool.support.ResourceCount;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EpochProbeTest {
    private final TestEpoch epoch = new TestEpoch();
    private final ResourceCount before = epoch.resources();

    @AfterEach
    void close() {
        assertThat(epoch.resources()).as("left open or mapped").isEqualTo(before);
        epoch.close();
    }

    private List<String> poolUris() {
        return epoch.regions().pools().stream().map(PoolRegion::regionUri).toList();
    }

    private EpochRegions describe(final String headerRegionUri, final List<String> poolUris) {
        return EpochProbe.describe(TestEpoch.STREAM_ID, headerRegionUri, poolUris, epoch.policy());
    }

    private void assertRefused(final EpochRegions described, final String cause) {
        assertThatThrownBy(() -> epoch.map(described))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining(cause);
    }

    @Test
    void shouldDescribeAnEpochByItsFiles() {
        final EpochRegions described = describe(epoch.regions().headerRegionUri(), poolUris());

        assertThat(described).isEqualTo(epoch.regions());
        epoch.map(described).release();
    }

    @Test
    void shouldRefuseFilesOutsideTheBase() {
        assertThatThrownBy(() -> describe("shm:file?path=/etc/passwd", poolUris()))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("/etc/passwd");
        assertThatThrownBy(() -> describe(epoch.regions().headerRegionUri(), List.of("shm:file?path=/etc/passwd")))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("/etc/passwd");
    }

    @Test
    void shouldRefuseAFileThatIsNotFinished() {
        TestEpoch.patch(epoch.poolFile(1), SuperblockLayout.MAGIC_OFFSET, Long.BYTES, 0);

        assertThatThrownBy(() -> describe(epoch.regions().headerRegionUri(), poolUris()))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("it is no region, or not finished");
    }

    @Test
    void shouldRefuseAFileWithoutASuperblock() {
        TestEpoch.truncate(epoch.headerRingFile(), 63);

        assertThatThrownBy(() -> describe(epoch.regions().headerRegionUri(), poolUris()))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("it has 63 bytes");
    }

    @Test
    void shouldDescribeNothingThatMapsWhereTheFilesDoNotBelongTogether() {
        final String ring = epoch.regions().headerRegionUri();
        assertRefused(describe(poolUris().getFirst(), poolUris()), "region type");
        assertRefused(describe(ring, List.of(ring)), "stride");
        assertRefused(describe(ring, List.of()), "no payload pool");
        assertRefused(describe(ring, List.of(poolUris().getFirst(), poolUris().getFirst())), "appears twice");
        assertRefused(
                EpochProbe.describe(TestEpoch.STREAM_ID + 1, ring, poolUris(), epoch.policy()), "says stream id 10000");

        TestEpoch.patch(epoch.poolFile(0), SuperblockLayout.EPOCH_OFFSET, Long.BYTES, TestEpoch.EPOCH + 1);
        assertRefused(describe(ring, poolUris()), "says epoch 78");
    }
}
