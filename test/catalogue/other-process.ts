/**
 * A process of its own beside a test: `apply URL NAME FILE` applies an estate file, `count URL NAME N` adds 1
 * to each multiplier of gov-main, N times.
 */
import { openCatalogue } from '../../server/catalogue/catalogue.ts';

const [what, url = '', name = '', input = ''] = process.argv.slice(2);
const catalogue = openCatalogue(url);
if (what === 'apply') catalogue.applyEstate(input, name);
else {
  for (let i = 0; i < Number(input); i++) {
    catalogue.changeEpochs(
      'gov-main',
      (meter) => ({ ...meter, epochs: meter.epochs.map((e) => ({ ...e, multiplier: e.multiplier + 1 })) }),
      name,
      'test',
    );
  }
}
catalogue.close();
