package io.tensorpool.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.conformance.SchemaDocument.Member;
import io.tensorpool.conformance.SchemaDocument.Message;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schemas are the reference for every message, so nothing in them may go without a description. */
class SchemaDocumentationTest {
    static Stream<String> schemas() {
        return SchemaDocument.NAMES.stream();
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void shouldDescribeEveryMessageFieldGroupAndData(final String name) {
        final SchemaDocument schema = SchemaDocument.read(name);

        final Map<String, String> descriptionByPath = new TreeMap<>();
        descriptionByPath.put("schema " + name, schema.description());
        for (final Message message : schema.messages()) {
            descriptionByPath.put(message.name(), message.description());
            collect(message.name(), message.members(), descriptionByPath);
        }

        assertThat(schema.messages()).isNotEmpty();
        assertThat(descriptionByPath)
                .allSatisfy((path, description) -> assertThat(description).isNotBlank());
    }

    private static void collect(
            final String parent, final List<Member> members, final Map<String, String> descriptionByPath) {
        for (final Member member : members) {
            final String path = parent + "." + member.name();
            final String previous = descriptionByPath.put(path, member.description());
            assertThat(previous).as("second member called %s", path).isNull();
            collect(path, member.members(), descriptionByPath);
        }
    }
}
