// Starts one Neo4j server inside this process: the arguments are its data directory, the port of Bolt, whether
// logins are asked for, and the heap-external page cache in MiB. Prints "ready PORT" when it answers, and ends when
// its standard input does, so that no server outlives the tests that started it.

import java.nio.file.Path;
import java.time.Duration;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

public class Launcher {
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        int port = Integer.parseInt(arguments[1]);
        boolean logins = Boolean.parseBoolean(arguments[2]);
        long cache = Long.parseLong(arguments[3]) * 1024 * 1024;
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(directory)
                .setConfig(BoltConnector.enabled, true)
                .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", port))
                .setConfig(BoltConnector.advertised_address, new SocketAddress("127.0.0.1", port))
                .setConfig(HttpConnector.enabled, false)
                .setConfig(GraphDatabaseSettings.auth_enabled, logins)
                .setConfig(GraphDatabaseSettings.pagecache_memory, cache)
                // Tests empty their database again and again: plans are made once, not whenever its size changes.
                .setConfig(GraphDatabaseSettings.query_statistics_divergence_threshold, 1.0)
                .setConfig(GraphDatabaseSettings.cypher_min_replan_interval, Duration.ofDays(1))
                // So that a test need not wait long for a bookmark that is never reached.
                .setConfig(GraphDatabaseSettings.bookmark_ready_timeout, Duration.ofSeconds(1))
                .setConfig(GraphDatabaseSettings.transaction_timeout, Duration.ofMinutes(10))
                .build();
        System.out.println("ready " + port);
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
        }
        service.shutdown();
    }
}
