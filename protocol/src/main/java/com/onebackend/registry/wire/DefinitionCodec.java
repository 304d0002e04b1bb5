package com.onebackend.registry.wire;

import com.onebackend.registry.model.Definition;
import com.onebackend.registry.wire.v1.ApiSpecMsg;
import com.onebackend.registry.wire.v1.ClientMsg;
import com.onebackend.registry.wire.v1.DefinitionMsg;
import com.onebackend.registry.wire.v1.EnvVarMsg;
import com.onebackend.registry.wire.v1.ImageMsg;
import com.onebackend.registry.wire.v1.PortMappingMsg;
import com.onebackend.registry.wire.v1.RepositoryMsg;
import java.util.TreeMap;

/** Definitions between record and protobuf message. */
final class DefinitionCodec {
    private DefinitionCodec() {}

    static DefinitionMsg toMessage(final Definition definition) {
        final DefinitionMsg.Builder message = DefinitionMsg.newBuilder()
                .setId(definition.id())
                .setRevision(definition.revision())
                .setOwner(definition.owner())
                .setUpdatedMillis(definition.updatedMillis());
        if (definition.image() != null) {
            message.setImage(ImageMsg.newBuilder()
                    .setName(definition.image().name())
                    .addAllInternalPorts(definition.image().internalPorts()));
        }
        if (definition.repository() != null) {
            final Definition.Repository repository = definition.repository();
            message.setRepository(RepositoryMsg.newBuilder()
                    .setUrl(repository.url())
                    .setVersion(repository.version())
                    .setBuildContext(repository.buildContext())
                    .setContainerFile(repository.containerFile())
                    .addAllInternalPorts(repository.internalPorts()));
        }
        definition
                .ports()
                .forEach(port -> message.addPorts(
                        PortMappingMsg.newBuilder().setInternal(port.internal()).setHost(port.host())));
        definition
                .envars()
                .forEach(envar -> message.addEnvars(
                        EnvVarMsg.newBuilder().setKey(envar.key()).setValue(envar.value())));
        definition
                .apiSpecs()
                .forEach(spec -> message.addApiSpecs(ApiSpecMsg.newBuilder()
                        .setUrl(spec.url())
                        .setProtocolType(spec.protocolType())
                        .setVersion(spec.version())
                        .putAllMetadata(new TreeMap<>(spec.metadata()))));
        definition
                .clients()
                .forEach(client -> message.addClients(
                        ClientMsg.newBuilder().setLanguage(client.language()).setUrl(client.url())));
        return message.build();
    }

    static Definition fromMessage(final DefinitionMsg message) {
        WireChecks.id(message.getId(), "definition id");
        return new Definition(
                message.getId(),
                message.hasImage() ? image(message.getImage()) : null,
                message.getPortsList().stream()
                        .map(port -> new Definition.PortMapping(port.getInternal(), port.getHost()))
                        .toList(),
                message.getEnvarsList().stream()
                        .map(envar -> new Definition.EnvVar(envar.getKey(), envar.getValue()))
                        .toList(),
                message.hasRepository() ? repository(message.getRepository()) : null,
                message.getApiSpecsList().stream()
                        .map(spec -> new Definition.ApiSpec(
                                spec.getUrl(), spec.getProtocolType(), spec.getVersion(), spec.getMetadataMap()))
                        .toList(),
                message.getClientsList().stream()
                        .map(client -> new Definition.Client(client.getLanguage(), client.getUrl()))
                        .toList(),
                message.getRevision(),
                message.getOwner(),
                message.getUpdatedMillis());
    }

    private static Definition.Image image(final ImageMsg message) {
        return new Definition.Image(message.getName(), message.getInternalPortsList());
    }

    private static Definition.Repository repository(final RepositoryMsg message) {
        return new Definition.Repository(
                message.getUrl(),
                message.getVersion(),
                message.getBuildContext(),
                message.getContainerFile(),
                message.getInternalPortsList());
    }
}
