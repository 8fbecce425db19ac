// An nginx of one's own: it ends TLS, and asks two workers in turn for what is below a path.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** Starts `nginx` (Debian: `apt-get install nginx`), which keeps its files in `folder`: `{ stop() }`. */
export async function startProxy({ folder, port, workers, prefix, strips, tls }) {
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration({ folder, port, workers, prefix, strips, tls }));
  const program = process.env.RP_TEST_NGINX ?? ['/usr/sbin/nginx', '/usr/bin/nginx'].find(existsSync) ?? 'nginx';
  const options = { stdio: ['ignore', 'ignore', 'inherit'] };
  const nginx = spawn(program, ['-p', folder, '-c', file, '-e', 'stderr'], options);
  await once(nginx, 'spawn');
  return {
    async stop() {
      if (nginx.exitCode !== null) return;
      nginx.kill();
      await once(nginx, 'exit');
    },
  };
}

/**
 * A path is taken off where `proxy_pass` names another one. What a visitor says of host, scheme and prefix takes no place of what is
 * said here; `X-Forwarded-Host` is set by nobody but visitors where the path stays.
 */
function configuration({ folder, port, workers, prefix, strips, tls }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
error_log stderr;
master_process off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream workers {
    ${workers.map((worker) => `server 127.0.0.1:${worker} max_fails=0;`).join('\n    ')}
  }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${tls}/cert.pem;
    ssl_certificate_key ${tls}/key.pem;
    location ${prefix}/ {
      proxy_pass http://workers${strips ? '/' : ''};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      ${strips ? `proxy_set_header X-Forwarded-Host $http_host;\n      proxy_set_header X-Forwarded-Prefix ${prefix};` : ''}
      add_header X-Worker $upstream_addr always;
    }
  }
}
`;
}
