// What tuf-js, a TUF client by others, makes of each case: node follow.js FOLDER, once for all.
// FOLDER/<case>/ has root.json (the first trusted root), before/ and after/ (two states of one
// repository) and target (the path to ask for). Writes one line of JSON a case on stdout.

const fs = require('fs');
const path = require('path');
const { Readable } = require('stream');

const modules = process.env.YIZHAN_TUF_JS;
const { BaseFetcher, Updater } = require(path.join(modules, 'tuf-js'));
const { DownloadHTTPError } = require(path.join(modules, 'tuf-js', 'dist', 'error'));

// The folder itself: what an HTTP server over it would answer.
class FolderFetcher extends BaseFetcher {
  async fetch(url) {
    const file = decodeURI(new URL(url).pathname);
    if (!fs.existsSync(file)) throw new DownloadHTTPError('not there', 404);
    return Readable.from(fs.readFileSync(file));
  }
}

function updater(scene, state) {
  return new Updater({
    metadataDir: path.join(scene, 'trusted'),
    metadataBaseUrl: `file://${scene}/${state}/metadata`,
    targetDir: path.join(scene, 'taken'),
    targetBaseUrl: `file://${scene}/${state}/targets`,
    fetcher: new FolderFetcher(),
  });
}

async function judge(scene) {
  fs.mkdirSync(path.join(scene, 'trusted'));
  fs.mkdirSync(path.join(scene, 'taken'));
  fs.copyFileSync(path.join(scene, 'root.json'), path.join(scene, 'trusted', 'root.json'));
  await updater(scene, 'before').refresh();
  try {
    const client = updater(scene, 'after');
    await client.refresh();
    const target = fs.readFileSync(path.join(scene, 'target'), 'utf8');
    const found = await client.getTargetInfo(target);
    if (!found) return { accepted: false, why: 'no such target' };
    await client.downloadTarget(found);
    return { accepted: true, why: '' };
  } catch (error) {
    return { accepted: false, why: String(error.message || error) };
  }
}

(async () => {
  const folder = process.argv[2];
  for (const name of fs.readdirSync(folder).sort()) {
    const verdict = await judge(path.join(folder, name));
    console.log(JSON.stringify({ name, ...verdict }));
  }
})();
