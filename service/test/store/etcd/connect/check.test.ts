import test from 'ava';
import { faultOfVersion } from '../../../../src/store/etcd/connect/check.ts';

for (const version of ['3.5.33', '3.6.14', '3.6.16', '3.7.1', '3.8.0', '4.0.0', 'v3.6.14']) {
  test(`${version} can be used`, (t) => t.is(faultOfVersion(version), undefined));
}

for (const version of ['3.4.40', '3.5.32', '3.6.0', '3.6.13', '3.7.0', '2.3.8', '', 'new']) {
  test(`${version === '' ? 'no version' : version} cannot be used`, (t) => {
    t.regex(faultOfVersion(version) ?? '', /at least 3\.5\.33, 3\.6\.14 or 3\.7\.1/);
  });
}
