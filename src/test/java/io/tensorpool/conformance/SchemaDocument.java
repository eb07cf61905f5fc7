package io.tensorpool.conformance;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * An SBE schema as the plain XML says it, read without any help of the SBE tool: the yardstick that tells a test which
 * fields, groups and data the generated codecs must have.
 *
 * @param packageName Java package of the codecs.
 * @param id          schema id.
 * @param version     schema version.
 * @param description what the schema as a whole is for.
 * @param messages    its messages, in the order of the file.
 */
record SchemaDocument(String packageName, int id, int version, String description, List<Message> messages) {
    /** The six schemas of the project, by file name without the ending {@code -schema.xml}. */
    static final List<String> NAMES = List.of("wire", "driver", "bridge", "merge", "tracelink", "discovery");

    /** What a member of a message is. */
    enum Kind {
        FIELD,
        GROUP,
        DATA
    }

    /** A message with its members. */
    record Message(String name, int templateId, String description, List<Member> members) {}

    /** A member of a message or of a group; {@code members} is empty unless it is a group. */
    record Member(Kind kind, String name, String description, List<Member> members) {}

    /** Reads {@code schemas/<name>-schema.xml} of the project. */
    static SchemaDocument read(final String name) {
        final Element root = parse(Path.of("schemas", name + "-schema.xml"));
        final List<Message> messages = new ArrayList<>();
        for (final Element element : children(root)) {
            if ("message".equals(element.getLocalName())) {
                messages.add(new Message(
                        element.getAttribute("name"),
                        Integer.parseInt(element.getAttribute("id")),
                        element.getAttribute("description"),
                        members(element)));
            }
        }
        return new SchemaDocument(
                root.getAttribute("package"),
                Integer.parseInt(root.getAttribute("id")),
                Integer.parseInt(root.getAttribute("version")),
                root.getAttribute("description"),
                messages);
    }

    /** The message with that template id; fails if there is none. */
    Message message(final int templateId) {
        return messages.stream()
                .filter(message -> message.templateId() == templateId)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("schema " + id + " has no template " + templateId));
    }

    private static List<Member> members(final Element parent) {
        final List<Member> members = new ArrayList<>();
        for (final Element element : children(parent)) {
            final Kind kind = switch (element.getLocalName()) {
                case "field" -> Kind.FIELD;
                case "group" -> Kind.GROUP;
                case "data" -> Kind.DATA;
                default -> throw new IllegalStateException("unexpected element " + element.getTagName());
            };
            members.add(new Member(
                    kind,
                    element.getAttribute("name"),
                    element.getAttribute("description"),
                    kind == Kind.GROUP ? members(element) : List.of()));
        }
        return members;
    }

    private static List<Element> children(final Element parent) {
        final List<Element> elements = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element) {
                elements.add(element);
            }
        }
        return elements;
    }

    private static Element parse(final Path file) {
        try {
            final DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            return factory.newDocumentBuilder().parse(file.toFile()).getDocumentElement();
        } catch (final ParserConfigurationException | SAXException | IOException ex) {
            throw new IllegalStateException("cannot read schema " + file.toAbsolutePath(), ex);
        }
    }
}
