package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.MetadataAttribute;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What whole messages on the metadata stream must hold to be read. */
class MetadataAdapterTest {
    private final MessageLog log = new MessageLog();
    private final MetadataProxy proxy = new MetadataProxy(log);
    private final Heard heard = new Heard();
    private final MetadataAdapter adapter = new MetadataAdapter(heard);

    private void hear() {
        assertThat(log.poll(adapter, 10)).isEqualTo(1);
    }

    private void hear(final List<MetadataAttribute> attributes) {
        proxy.dataSourceMeta(1, 2, 3, attributes);
        hear();
    }

    private void hear(final String name, final String summary) {
        proxy.dataSourceAnnounce(1, 2, 3, 4, name, summary);
        hear();
    }

    private static MetadataAttribute attribute(final String key, final String format) {
        return MetadataAttribute.received(key, format, new byte[3]);
    }

    private void assertRefused() {
        assertThat(heard.lines()).isEmpty();
        assertThat(adapter.unreadable()).isEqualTo(1);
    }

    private void assertHeard() {
        assertThat(heard.lines()).hasSize(1);
        assertThat(adapter.unreadable()).isZero();
    }

    @Test
    void shouldReadNamesAndSummariesUpToTheirLimits() {
        hear("n".repeat(MetadataLimits.MAX_NAME_LENGTH), "s".repeat(MetadataLimits.MAX_SUMMARY_LENGTH));
        assertHeard();
    }

    @Test
    void shouldRefuseALongerName() {
        hear("n".repeat(MetadataLimits.MAX_NAME_LENGTH + 1), "");
        assertRefused();
    }

    @Test
    void shouldRefuseALongerSummary() {
        hear("", "s".repeat(MetadataLimits.MAX_SUMMARY_LENGTH + 1));
        assertRefused();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\u001B[31m", "\u007F", "\0"})
    void shouldRefuseTextThatIsNotPrintable(final String text) {
        hear(text, "");
        assertRefused();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "\u007F", "\0"})
    void shouldRefuseASummaryThatIsNotPrintable(final String text) {
        hear("", text);
        assertRefused();
    }

    @Test
    void shouldReadKeysAndFormatsUpToTheirLimits() {
        hear(List.of(attribute(
                "k".repeat(MetadataAttribute.MAX_KEY_LENGTH), "f".repeat(MetadataAttribute.MAX_FORMAT_LENGTH))));
        assertHeard();
    }

    @Test
    void shouldReadWhateverASenderCallsAFormat() {
        hear(List.of(attribute("a", ""), attribute("b", "u32"), attribute("c", "application/json; charset=utf-8")));
        assertHeard();
    }

    @Test
    void shouldRefuseALongerKey() {
        hear(List.of(attribute("k".repeat(MetadataAttribute.MAX_KEY_LENGTH + 1), "text/plain")));
        assertRefused();
    }

    @Test
    void shouldRefuseALongerFormat() {
        hear(List.of(attribute("k", "f".repeat(MetadataAttribute.MAX_FORMAT_LENGTH + 1))));
        assertRefused();
    }

    @Test
    void shouldRefuseAnEmptyKey() {
        hear(List.of(attribute("", "text/plain")));
        assertRefused();
    }

    @Test
    void shouldRefuseAKeyThatIsThereTwice() {
        hear(List.of(attribute("k", "text/plain"), attribute("l", "text/plain"), attribute("k", "text/plain")));
        assertRefused();
    }

    @Test
    void shouldRefuseAKeyOrFormatThatIsNotPrintable() {
        hear(List.of(attribute("k\n", "text/plain")));
        assertRefused();
        hear(List.of(attribute("k", "text\n/plain")));
        assertThat(adapter.unreadable()).isEqualTo(2);
    }

    @Test
    void shouldReadAsManyAttributesAsThereMayBeAndNotOneMore() {
        final List<MetadataAttribute> attributes = new ArrayList<>(IntStream.range(0, MetadataLimits.MAX_ATTRIBUTES)
                .mapToObj(i -> attribute("k" + i, "text/plain"))
                .toList());
        hear(attributes);
        assertHeard();

        heard.take();
        attributes.add(attribute("one more", "text/plain"));
        hear(attributes);
        assertRefused();
    }

    @Test
    void shouldRefuseAChunkThatIsEmptyOrTooLong() {
        final byte[] blob = new byte[MetadataLimits.MAX_CHUNK_BYTES + 1];
        proxy.blobChunk(1, 2, 0, blob, 0);
        hear();
        assertRefused();

        proxy.blobChunk(1, 2, 0, blob, blob.length);
        hear();
        assertThat(heard.lines()).isEmpty();
        assertThat(adapter.unreadable()).isEqualTo(2);

        proxy.blobChunk(1, 2, 0, blob, MetadataLimits.MAX_CHUNK_BYTES);
        hear();
        assertThat(heard.lines()).hasSize(1);
    }
}
