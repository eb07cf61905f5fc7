package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShapeOptionTest {
    @Test
    void shouldReadExtentsAndDtype() {
        assertThat(ShapeOption.parse("480x640x3", "uint8")).isEqualTo(TensorShape.of(Dtype.UINT8, 480, 640, 3));
        assertThat(ShapeOption.parse("7", "Float64")).isEqualTo(TensorShape.of(Dtype.FLOAT64, 7));
        assertThat(ShapeOption.parse("1x2X3x4x5x6x7x8", "INT16"))
                .isEqualTo(TensorShape.of(Dtype.INT16, 1, 2, 3, 4, 5, 6, 7, 8));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "``,uint8,'' is not a positive extent; expected HxW[xC]",
                "480x,uint8,'' is not a positive extent; expected HxW[xC]",
                "480x-1,uint8,'-1' is not a positive extent; expected HxW[xC]",
                "0x5,uint8,'0' is not a positive extent; expected HxW[xC]",
                "4.5x5,uint8,'4.5' is not a positive extent; expected HxW[xC]",
                "480*640,uint8,'480*640' is not a positive extent; expected HxW[xC]",
                "٣x5,uint8,'٣' is not a positive extent; expected HxW[xC]",
                "99999999999999999999,uint8,is not a positive extent",
                "4294967296,uint8,extent 4294967296 exceeds 2147483647",
                "1x1x1x1x1x1x1x1x1,uint8,9 extents; expected HxW[xC]",
                "65536x65536,uint8,more than the 4294967295 bytes",
                "2147483647x2147483647x2147483647x2147483647,float64,more than the 4294967295 bytes",
                "1x2147483647,uint16,stride 0: 4294967294 bytes do not fit"
            })
    void shouldRefuseAShapeNamingItAndWhatIsExpected(final String shape, final String dtype, final String cause) {
        assertThatThrownBy(() -> ShapeOption.parse(shape, dtype))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("--shape '" + shape + "': ")
                .hasMessageContaining(cause);
    }

    @Test
    void shouldRefuseAnUnknownDtypeListingTheKnown() {
        assertThatThrownBy(() -> ShapeOption.parse("4x4", "uint12"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("--dtype: unknown dtype 'uint12': expected one of uint8, int8");
    }
}
