package io.tensorpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataAttributeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/json",
                "application/vnd.api+json",
                "text/plain; charset=utf-8",
                "sbe:900.4"
            })
    void shouldTakeAMediaTypeOrAMessageAsFormat(final String format) {
        assertThat(MetadataAttribute.of("k", format, new byte[0]).format()).isEqualTo(format);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "json", "text/", "/plain", "text plain", "text/plain\n", "sbe:900", "sbe:a.b", "tëxt/plain"})
    void shouldRefuseAnotherFormat(final String format) {
        assertThatThrownBy(() -> MetadataAttribute.of("serial", format, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + format + "' of attribute 'serial'")
                .hasMessageContaining("media type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "é", "a\nb"})
    void shouldRefuseAKeyThatIsNotPrintableAscii(final String key) {
        assertThatThrownBy(() -> MetadataAttribute.text(key, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key '" + key + "'");
    }

    @Test
    void shouldRefuseWhatIsTooLong() {
        assertThatThrownBy(() -> MetadataAttribute.text("k".repeat(257), ""))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MetadataAttribute.of("k", "a/" + "b".repeat(255), new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldKeepItsOwnCopyOfTheValue() {
        final byte[] given = {1, 2};
        final MetadataAttribute attribute = MetadataAttribute.of("k", MetadataAttribute.BYTES, given);
        given[0] = 9;
        attribute.value()[1] = 9;

        assertThat(attribute.value()).containsExactly(1, 2);
        assertThat(attribute.valueLengthBytes()).isEqualTo(2);
    }

    @Test
    void shouldHoldTextInUtf8() {
        assertThat(MetadataAttribute.text("k", "Grüße").text()).isEqualTo("Grüße");
    }
}
