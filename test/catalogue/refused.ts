import { EstateFileError } from '../../server/catalogue/estate-document.ts';
import { temporaryCatalogue } from './temporary-catalogue.ts';

/** What is said of a file that must not be accepted. */
export function refused(input: unknown, catalogue = temporaryCatalogue()): EstateFileError {
  try {
    catalogue.applyEstate(input, 'test');
  } catch (error) {
    if (error instanceof EstateFileError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

export function errors(input: unknown, catalogue = temporaryCatalogue()): string[] {
  return refused(input, catalogue).message.split('\n');
}
