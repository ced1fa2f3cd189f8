import { DevError } from '../dev/dev-error.js';

/** Why something could not be found out; its message says what is wrong and what to do. */
export class DoctorError extends DevError {
  public constructor(message: string) {
    super(message);
    this.name = 'DoctorError';
  }
}
